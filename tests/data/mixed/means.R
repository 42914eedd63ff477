# Marginal means and contrasts by emmeans. See make.R.

take <- function(e, ...) records(summary(e, infer = TRUE, ...))

# The 2 x 2 design role x profile: cells, margins, differences, the interaction and joint tests.
means_2x2 <- function(df) function(fit) {
  setNames(lapply(df, function(method) {
    grid <- ref_grid(fit, lmer.df = method)
    cells <- emmeans(grid, ~ role * profile)
    list(cells = take(cells),
         role = take(emmeans(grid, ~ role)),
         role_proportional = take(emmeans(grid, ~ role, weights = "proportional")),
         profile = take(emmeans(grid, ~ profile)),
         peer_minus_advisor = take(contrast(emmeans(grid, ~ role), "revpairwise")),
         peer_minus_advisor_by_profile = take(contrast(emmeans(grid, ~ role | profile), "revpairwise")),
         interaction = take(contrast(cells, interaction = "revpairwise")),
         pairs_holm = records(summary(pairs(cells, adjust = "holm"))),
         pairs_bh = records(summary(pairs(cells, adjust = "BH"))),
         joint_tests_rounded = records(joint_tests(grid)))
  }), df)
}

# Three arms: means, all pairs with their adjustments (mvt is Monte Carlo in R: about 1e-4), joint test.
means_arms <- function(fit) {
  setNames(lapply(c("satterthwaite", "kenward-roger"), function(method) {
    arms <- emmeans(fit, ~ arm, lmer.df = method)
    differences <- pairs(arms)
    set.seed(1)
    list(arm = take(arms),
         pairs = take(differences, adjust = "none"),
         pairs_holm = records(summary(differences, adjust = "holm")),
         pairs_bh = records(summary(differences, adjust = "BH")),
         pairs_mvt = records(summary(differences, adjust = "mvt")),
         pairs_tukey = records(summary(differences, adjust = "tukey")),
         joint_tests_rounded = records(joint_tests(fit, lmer.df = method)))
  }), c("satterthwaite", "kenward-roger"))
}

# Covariate x: means at its mean and at 1 and 4, and its trend.
means_covariate <- function(fit) {
  list(at_mean = take(emmeans(fit, ~ role, lmer.df = "satterthwaite")),
       at_1_and_4 = take(emmeans(fit, ~ role * x, at = list(x = c(1, 4)), lmer.df = "satterthwaite")),
       trend = take(emtrends(fit, ~ 1, var = "x", lmer.df = "satterthwaite")))
}

# Link scale; response scale of link-scale means; response scale averaged after back-transformation (regrid).
means_response <- function(V, margin = TRUE) function(fit) {
  grid <- ref_grid(fit, vcov. = V)
  back <- regrid(grid)
  out <- list(role_link = take(emmeans(grid, ~ role)), role_response = take(emmeans(grid, ~ role), type = "response"),
              role_regrid = take(emmeans(back, ~ role)),
              difference_link = take(contrast(emmeans(grid, ~ role), "revpairwise")),
              odds_ratio = take(contrast(emmeans(grid, ~ role), "revpairwise"), type = "response"),
              difference_regrid = take(contrast(emmeans(back, ~ role), "revpairwise")))
  if (margin) {
    out$cells_link <- take(emmeans(grid, ~ role * profile))
    out$cells_response <- take(emmeans(grid, ~ role * profile), type = "response")
    out$role_link_proportional <- take(emmeans(grid, ~ role, weights = "proportional"))
    out$role_regrid_proportional <- take(emmeans(back, ~ role, weights = "proportional"))
    out$difference_regrid_by_profile <- take(contrast(emmeans(back, ~ role | profile), "revpairwise"))
    out$interaction_regrid <- take(contrast(emmeans(back, ~ role * profile), interaction = "revpairwise"))
  }
  out
}
