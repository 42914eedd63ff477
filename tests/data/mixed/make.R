# Synthetic data with known answers for the mixed-model engine.
#
#     Rscript tests/data/mixed/make.R          from the repository root; about five minutes
#
# Writes *.csv.gz (drawn here with a fixed seed; no packaged data are copied) and expected.json beside this file.
# The answers come from lme4, lmerTest, pbkrtest, emmeans and ordinal. Their optimisers stop early by default, so each
# fit is optimised from several starts, the best is polished by Newton steps on Richardson derivatives, and the package
# is then given that optimum (lmer: start, optimizer = NULL). Row weights are unknown to pbkrtest: there the model is
# fitted to rows multiplied by sqrt(weight), which is the same model without weights.
# Factors have treatment contrasts and levels in C order. `(1 + role || item)` means independent columns of the
# treatment coding; lme4 would read it as (1 | item) + (0 + role | item), so R gets the dummy `peer` (see r_formula).
# theta is in lme4's order, terms by decreasing number of levels and column by column down the lower triangle, except
# that terms with equally many levels stand as in the formula. R names the group of (1 | a/b) b:a.

invisible(Sys.setlocale("LC_COLLATE", "C"))
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(pbkrtest)
  library(emmeans)
  library(ordinal)
})
options(warn = 1, digits = 15, contrasts = c("contr.treatment", "contr.poly"))
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 1e5, msg.interaction = FALSE)
here <- "tests/data/mixed"
stopifnot(dir.exists(here))
for (part in c("data", "gaussian", "means", "laplace", "comparisons")) source(file.path(here, paste0(part, ".R")))

for (make in list(make_audit, make_crossed, make_weighted, make_covariate, make_singular, make_small, make_slopes,
                  make_votes, make_trials, make_rare, make_ratings)) make()

fits <- list()
add <- function(name, result) fits[[name]] <<- result

both <- c("satterthwaite", "kenward-roger")
add("audit_slopes", gaussian(
  "audit", "y ~ role * profile + (1 + role * profile | item) + (1 | persona)",
  groups = c("item", "persona"), means = means_2x2(both)))
add("audit_zerocorr", gaussian(
  "audit", "z ~ role * profile + (1 + role || item) + (1 + role || persona) + (1 | item:persona)",
  "z ~ role * profile + (1 + peer || item) + (1 + peer || persona) + (1 | item:persona)", groups = "item:persona"))
add("audit_compound", gaussian(
  "audit", paste("c ~ role * profile + (1 | item) + (1 | item:role) + (1 | item:profile) + (1 | item:role:profile) +",
                 "(1 | persona) + (1 | persona:role) + (1 | item:persona)"),
  groups = c("item", "persona"), means = means_2x2(both)))
# lmerTest drops small eigenvalues of the Hessian by an absolute bound, which fails at this scale: see audit_unscaled
add("audit_scaled", gaussian(
  "audit", "big ~ role * profile + (1 + role | item) + (1 | persona)", groups = "persona", satt = FALSE))
add("audit_unscaled", gaussian(
  "audit", "y ~ role * profile + (1 + role | item) + (1 | persona)", groups = "persona"))
add("crossed_nested", gaussian(
  "crossed", "y ~ arm + (1 | a/b) + (1 | c) + (1 | d)", groups = c("a", "d"), means = means_arms))
add("weighted", gaussian(
  "weighted", "y ~ role + (1 + role | item) + (1 | persona)", weights = "w", kr = FALSE, groups = c("item", "persona")))
fits$weighted$reml$kenward_roger <- weighted_kr(fits$weighted$reml$criterion)
add("covariate", gaussian(
  "covariate", "y ~ x + role + (1 + x | g) + (1 | h)", groups = c("g", "h"), means = means_covariate))
add("singular_zero", gaussian(
  "singular", "y ~ role + (1 | item) + (1 | persona)", satt = FALSE, groups = c("item", "persona")))
add("singular_line", gaussian(
  "singular", "s ~ role + (1 + role | item) + (1 | persona)", satt = FALSE, groups = "persona"))
add("small_one", gaussian("small", "y ~ 1 + (1 | sample)", groups = "sample"))
add("small_crossed", gaussian("small", "y ~ 1 + (1 | plate) + (1 | sample)", groups = c("plate", "sample")))
# no Kenward-Roger: pbkrtest works with matrices of n x n, which takes many minutes here
add("slopes_4d", gaussian(
  "slopes", "y ~ role * profile + (1 + role * profile | item) + (1 + role | persona)",
  kr = FALSE, groups = "persona", means = means_2x2("satterthwaite")))
add("votes", binary(
  "votes", "hit ~ role + (1 + role | item) + (1 | persona)", groups = c("item", "persona"), margin = FALSE))
add("trials", binary(
  "trials", "share ~ role * profile + (1 + role | item) + (1 | persona)",
  "cbind(successes, trials - successes) ~ role * profile + (1 + role | item) + (1 | persona)",
  groups = c("item", "persona"), trials = "trials"))
add("rare", binary("rare", "hit ~ role + profile + (1 | item) + (1 | persona)", groups = "persona"))
add("ratings_crossed", ordered_fit(
  "ratings", "rating ~ role + profile + (1 | item) + (1 | persona)", c("item", "persona")))
add("ratings_single", ordered_fit("ratings", "rating ~ role + profile + (1 | item)", "item"))
add("ratings_slopes", ordered_fit(
  "ratings", "rating ~ role + profile + (1 + role | item) + (1 | persona)", c("item", "persona")))

message("comparisons and profiles")
comparisons <- list(
  audit_interaction = compare_lmm(
    "audit", "y ~ role + profile + (1 + role | item) + (1 | persona)",
    "y ~ role * profile + (1 + role | item) + (1 | persona)", 1, FALSE),
  audit_slope = compare_lmm(
    "audit", "y ~ role * profile + (1 | item) + (1 | persona)",
    "y ~ role * profile + (1 + role | item) + (1 | persona)", 2, TRUE),
  crossed_arm = compare_lmm(
    "crossed", "y ~ 1 + (1 | a/b) + (1 | c) + (1 | d)", "y ~ arm + (1 | a/b) + (1 | c) + (1 | d)", 2, FALSE),
  crossed_variance = compare_lmm(
    "crossed", "y ~ arm + (1 | a/b) + (1 | c)", "y ~ arm + (1 | a/b) + (1 | c) + (1 | d)", 1, TRUE),
  votes_slope = compare_glmm(
    "votes", "hit ~ role + (1 | item) + (1 | persona)", "hit ~ role + (1 + role | item) + (1 | persona)", 2),
  votes_role = compare_glmm(
    "votes", "hit ~ 1 + (1 + role | item) + (1 | persona)", "hit ~ role + (1 + role | item) + (1 | persona)", 1))
profiles_ci <- list(
  small_one = profile_sd("small", "y ~ 1 + (1 | sample)"),
  small_crossed = profile_sd("small", "y ~ 1 + (1 | plate) + (1 | sample)"),
  singular_zero = profile_sd("singular", "y ~ role + (1 | item) + (1 | persona)"),
  covariate = profile_lme4("covariate", "y ~ x + role + (1 + x | g) + (1 | h)"))

packages <- c("lme4", "lmerTest", "pbkrtest", "emmeans", "ordinal", "numDeriv", "minqa")
versions <- c(list(R = R.version.string), lapply(setNames(packages, packages), function(p) format(packageVersion(p))))
levels_of <- function(name) lapply(Filter(is.factor, read(name)), function(v) I(levels(v)))
files <- sub(".csv.gz", "", list.files(here, "[.]csv[.]gz$"), fixed = TRUE)
known <- list(versions = versions, fits = fits, comparisons = comparisons, profiles = profiles_ci,
              levels = lapply(setNames(files, files), levels_of))
jsonlite::write_json(known, file.path(here, "expected.json"), digits = I(15), auto_unbox = TRUE, null = "null",
                     na = "null", pretty = 1)
