# Synthetic data with known answers for the mixed-model engine.
#
#     Rscript tests/data/mixed/make.R          from the repository root; about four minutes
#
# Writes *.csv.gz (drawn here with a fixed seed; no packaged data are copied) and expected.json beside this file.
# The answers come from lme4, lmerTest, pbkrtest, emmeans and ordinal. Their optimisers stop early by default, so each
# fit is optimised from several starts, the best is polished by Newton steps on Richardson derivatives, and the package
# is then given that optimum (lmer: start, optimizer = NULL). Row weights are unknown to pbkrtest: there the model is
# fitted to rows multiplied by sqrt(weight), which is the same model without weights.
# Factors have treatment contrasts and levels in C order. `(1 + role || item)` means independent columns of the
# treatment coding; lme4 would read it as (1 | item) + (0 + role | item), so R gets the dummy `peer` (see r_formula).

Sys.setlocale("LC_COLLATE", "C")
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(ordinal)})
options(warn = 1, digits = 15, contrasts = c("contr.treatment", "contr.poly"))
emm_options(lmerTest.limit = 1e5, pbkrtest.limit = 1e5)
here <- "tests/data/mixed"
stopifnot(dir.exists(here))

# ---------------------------------------------------------------- data

label <- function(letter, n) sprintf("%s%02d", letter, seq_len(n))

lower <- function(sd, correlation = diag(length(sd))) t(chol(outer(sd, sd) * correlation))

equal <- function(k, r) { m <- matrix(r, k, k); diag(m) <- 1; m }

# One draw of a random part: `codes` (n,), columns Z (n, s), relative factor L (s, s).
draw <- function(codes, L, Z = matrix(1, length(codes), 1)) {
  codes <- as.integer(factor(codes))
  modes <- matrix(rnorm(max(codes) * nrow(L)), ncol = nrow(L)) %*% t(L)
  rowSums(Z * modes[codes, , drop = FALSE])
}

cross <- function(..., keep = 1) {
  grid <- expand.grid(..., stringsAsFactors = FALSE)
  grid <- grid[do.call(order, unname(as.list(grid))), , drop = FALSE]
  rows <- sort(sample(nrow(grid), round(keep * nrow(grid))))
  out <- grid[rows, , drop = FALSE]
  rownames(out) <- NULL
  out
}

roles <- c("advisor", "peer")
profiles <- c("filler", "full")

save <- function(data, name) {
  data <- data[sample(nrow(data)), ]                       # in no order
  file <- gzfile(file.path(here, paste0(name, ".csv.gz")), "wb", compression = 9)
  write.csv(data, file, row.names = FALSE, quote = FALSE)
  close(file)
}

design_columns <- function(d) model.matrix(~ role * profile, d)

make_audit <- function() {
  set.seed(301)
  d <- cross(item = label("i", 24), persona = label("p", 6), role = roles, profile = profiles, keep = 0.85)
  X <- design_columns(d)
  both <- interaction(d$item, d$persona)
  mean <- drop(X %*% c(2.0, 0.4, -0.3, 0.5))
  y <- mean + draw(d$item, lower(c(0.8, 0.5, 0.4, 0.35), equal(4, 0.2)), X) + draw(d$persona, lower(0.4)) + rnorm(nrow(d))
  d$y <- round(y, 4)
  zero <- mean + draw(d$item, lower(c(0.7, 0.6)), X[, 1:2]) + draw(d$persona, lower(c(0.5, 0.3)), X[, 1:2]) +
    draw(both, lower(0.5)) + rnorm(nrow(d), sd = 0.8)
  d$z <- round(zero, 4)
  compound <- mean + draw(d$item, lower(0.7)) + draw(interaction(d$item, d$role), lower(0.4)) +
    draw(interaction(d$item, d$profile), lower(0.35)) + draw(interaction(d$item, d$role, d$profile), lower(0.4)) +
    draw(d$persona, lower(0.4)) + draw(interaction(d$persona, d$role), lower(0.3)) + draw(both, lower(0.4)) +
    rnorm(nrow(d), sd = 0.7)
  d$c <- round(compound, 4)
  d$big <- 1e9 + round(1e6 * d$y)
  save(d, "audit")
}

make_crossed <- function() {
  set.seed(302)
  d <- cross(a = label("a", 8), b = label("b", 3), c = label("c", 10), d = label("d", 5), keep = 0.35)
  d$arm <- sample(c("high", "low", "mid"), nrow(d), TRUE)
  y <- 5 + c(high = 0.6, low = 0, mid = 0.3)[d$arm] + draw(d$a, lower(0.7)) + draw(interaction(d$a, d$b), lower(0.5)) +
    draw(d$c, lower(0.6)) + draw(d$d, lower(0.4)) + rnorm(nrow(d))
  d$y <- round(y, 4)
  save(d, "crossed")
}

make_weighted <- function() {
  set.seed(303)
  d <- cross(item = label("i", 16), persona = label("p", 5), role = roles, epoch = 1:2, keep = 0.85)
  d$w <- round(rgamma(nrow(d), 3, 2) + 0.05, 3)
  X <- model.matrix(~ role, d)
  y <- drop(X %*% c(1, 0.5)) + draw(d$item, lower(c(0.7, 0.5), equal(2, -0.3)), X) + draw(d$persona, lower(0.5)) +
    rnorm(nrow(d)) / sqrt(d$w)
  d$y <- round(y, 4)
  save(d[names(d) != "epoch"], "weighted")
}

make_covariate <- function() {
  set.seed(304)
  d <- cross(g = label("g", 18), h = label("h", 7), epoch = 1:3, keep = 0.7)
  d$x <- round(rnorm(nrow(d), 3, 2), 3)
  d$role <- sample(roles, nrow(d), TRUE)
  Z <- cbind(1, d$x)
  y <- 10 + 0.8 * d$x - 0.5 * (d$role == "peer") + draw(d$g, lower(c(1.2, 0.4), equal(2, -0.25)), Z) + draw(d$h, lower(0.8)) +
    rnorm(nrow(d), sd = 1.5)
  d$y <- round(y, 4)
  save(d[names(d) != "epoch"], "covariate")
}

# `y`: no variance between personas. `s`: intercept and slope of item lie on one line (correlation 1).
make_singular <- function() {
  set.seed(305)
  d <- cross(item = label("i", 14), persona = label("p", 6), role = roles, keep = 0.9)
  X <- model.matrix(~ role, d)
  noise <- rnorm(nrow(d))
  noise <- noise - ave(noise, d$persona)                   # personas' means vary less than chance would have it
  d$y <- round(1 + 0.3 * X[, 2] + draw(d$item, lower(0.8)) + noise, 4)
  item <- rnorm(14)[as.integer(factor(d$item))]
  d$s <- round(1 + 0.3 * X[, 2] + item * (0.9 + 0.5 * X[, 2]) + draw(d$persona, lower(0.5)) + rnorm(nrow(d)), 4)
  save(d, "singular")
}

make_small <- function() {
  set.seed(306)
  d <- cross(plate = label("p", 10), sample = label("s", 6))
  d$y <- round(20 + draw(d$plate, lower(0.8)) + draw(d$sample, lower(1.4)) + rnorm(nrow(d), sd = 0.6), 4)
  save(d, "small")
}

make_slopes <- function() {
  set.seed(307)
  d <- cross(item = label("i", 30), persona = label("p", 10), role = roles, profile = profiles, epoch = 1:3, keep = 0.834)
  X <- design_columns(d)
  y <- drop(X %*% c(0.5, 0.2, 0.1, 0.4)) + draw(d$item, lower(c(0.9, 0.6, 0.5, 0.5), equal(4, -0.2)), X) +
    draw(d$persona, lower(c(0.5, 0.3), equal(2, 0.4)), X[, 1:2]) + rnorm(nrow(d), sd = 1.3)
  d$y <- round(y, 3)
  save(d[names(d) != "epoch"], "slopes")
}

make_votes <- function() {
  set.seed(308)
  d <- cross(item = label("i", 24), persona = label("p", 8), role = roles, epoch = 1:3, keep = 0.85)
  X <- model.matrix(~ role, d)
  eta <- drop(X %*% c(-0.3, 0.8)) + draw(d$item, lower(c(1.1, 0.8), equal(2, -0.3)), X) + draw(d$persona, lower(0.6))
  d$hit <- rbinom(nrow(d), 1, plogis(eta))
  save(d[names(d) != "epoch"], "votes")
}

make_trials <- function() {
  set.seed(309)
  d <- cross(item = label("i", 20), persona = label("p", 6), role = roles, profile = profiles, keep = 0.8)
  X <- design_columns(d)
  eta <- drop(X %*% c(-0.6, 0.5, 0.2, 0.6)) + draw(d$item, lower(c(0.9, 0.6), equal(2, 0.3)), X[, 1:2]) +
    draw(d$persona, lower(0.5))
  d$trials <- sample(2:20, nrow(d), TRUE)
  d$successes <- rbinom(nrow(d), d$trials, plogis(eta))
  save(d, "trials")
}

make_rare <- function() {
  set.seed(310)
  d <- cross(item = label("i", 40), persona = label("p", 8), role = roles, profile = profiles, keep = 0.95)
  eta <- -4.2 + 0.9 * (d$role == "peer") + draw(d$item, lower(1.1)) + draw(d$persona, lower(0.6))
  d$hit <- rbinom(nrow(d), 1, plogis(eta))
  save(d, "rare")
}

make_ratings <- function() {
  set.seed(311)
  d <- cross(item = label("i", 24), persona = label("p", 7), role = roles, profile = profiles, keep = 0.85)
  X <- model.matrix(~ role, d)
  eta <- 0.8 * X[, 2] - 0.4 * (d$profile == "full") + draw(d$item, lower(c(1.2, 0.7), equal(2, -0.2)), X) +
    draw(d$persona, lower(0.7))
  d$rating <- findInterval(eta + rlogis(nrow(d)), c(-2.2, -0.8, 0.7, 2.4)) + 1
  save(d, "ratings")
}

read <- function(name) {
  d <- read.csv(file.path(here, paste0(name, ".csv.gz")), stringsAsFactors = TRUE)
  if (!is.null(d$role)) d$peer <- as.numeric(d$role == "peer")
  d
}

# ---------------------------------------------------------------- tight optima

# Richardson derivatives of f over the coordinates `free` of x.
slope <- function(f, x, free) {
  numDeriv::grad(function(v) f(replace(x, free, v)), x[free], method.args = list(d = 0.01, eps = 1e-3, r = 6))
}
curve2 <- function(f, x, free) {
  numDeriv::hessian(function(v) f(replace(x, free, v)), x[free], method.args = list(d = 0.05, eps = 2e-3, r = 6))
}

# Minimum of f from several starts, at least `low`; free coordinates are then polished by Newton steps.
minimum <- function(f, starts, low) {
  found <- lapply(starts, function(x) {
    minqa::bobyqa(x, f, lower = low, control = list(rhobeg = 0.2, rhoend = 1e-8, maxfun = 50000))
  })
  best <- found[[which.min(sapply(found, function(r) r$fval))]]
  x <- best$par
  x[low == 0 & x < 1e-5] <- 0
  free <- which(!(low == 0 & x == 0))
  if (length(free) < length(x) && f(x) > best$fval + 1e-9) stop("rounding to the boundary raised the criterion")
  x <- newton(f, x, free)
  list(x = x, value = f(x), free = free, gradient = if (length(free)) max(abs(slope(f, x, free))) else 0,
       spread = diff(range(sapply(found, function(r) r$fval))))
}

newton <- function(f, x, free, steps = 4) {
  for (k in seq_len(if (length(free)) steps else 0)) {
    trial <- replace(x, free, x[free] - drop(solve(curve2(f, x, free), slope(f, x, free))))
    if (f(trial) > f(x) + 1e-9) break
    if (max(abs(trial - x)) < 1e-12) break
    x <- trial
  }
  x
}

# ---------------------------------------------------------------- small things for the JSON

named <- function(x) as.list(x)
array1 <- function(x) I(unname(as.numeric(x)))
rows <- function(m) lapply(seq_len(nrow(m)), function(i) array1(m[i, ]))

# A summary of emmeans as a list of records: factors as text, numbers as they are.
records <- function(s) {
  s <- as.data.frame(s)
  s[] <- lapply(s, function(v) if (is.factor(v)) as.character(v) else v)
  names(s) <- gsub(".", "_", names(s), fixed = TRUE)
  lapply(seq_len(nrow(s)), function(i) Filter(function(v) !is.na(v), as.list(s[i, ])))
}

# theta's names as (group, row column, column column), lme4's order.
theta_names <- function(reTrms) {
  unlist(Map(function(group, columns) {
    k <- length(columns)
    at <- which(lower.tri(diag(k), TRUE), arr.ind = TRUE)
    sprintf("%s: %s, %s", group, columns[at[, 1]], columns[at[, 2]])
  }, names(reTrms$cnms), reTrms$cnms), use.names = FALSE)
}

random_rows <- function(fit) {
  v <- as.data.frame(VarCorr(fit))
  lapply(seq_len(nrow(v)), function(i) {
    list(group = v$grp[i], first = v$var1[i], second = v$var2[i], vcov = v$vcov[i], sdcor = v$sdcor[i])
  })
}

# ---------------------------------------------------------------- gaussian

fit_lmm <- function(formula, data, reml, weights = NULL) {
  quiet <- lmerControl(optimizer = NULL, calc.derivs = FALSE, check.conv.singular = "ignore",
                       check.conv.grad = "ignore", check.conv.hess = "ignore")
  given <- list(formula = formula, data = data, REML = reml, weights = weights)
  parsed <- do.call(lFormula, c(given, list(control = quiet)))
  f <- do.call(mkLmerDevfun, parsed)
  low <- environment(f)$lower
  unit <- as.numeric(low == 0)
  starts <- list(unit, 0.4 * unit, 2 * unit, 0.7 * unit + 0.1, unit * seq(0.3, 1.5, length.out = length(unit)))
  best <- minimum(f, starts, low)
  fit <- suppressWarnings(do.call(lmerTest::lmer, c(given, list(start = best$x, control = quiet))))
  stopifnot(abs(fit@devcomp$cmp[[if (reml) "REML" else "dev"]] - best$value) < 1e-8)
  list(fit = fit, best = best, reTrms = parsed$reTrms, f = f)
}

# Conditional modes and standard deviations, given theta and beta, of every random effect of one group.
modes <- function(fit, group) {
  given <- ranef(fit, condVar = TRUE)[[group]]
  v <- attr(given, "postVar")
  if (is.list(v)) return(list(levels = I(rownames(given)), mode = lapply(given, array1)))
  sd <- lapply(seq_len(ncol(given)), function(j) array1(sqrt(v[j, j, ])))
  names(sd) <- names(given)
  list(levels = I(rownames(given)), mode = lapply(given, array1), sd = sd)
}

# Nakagawa & Schielzeth 2013, Johnson 2014: variances of the fixed part and, averaged over rows, of the random part.
explained <- function(fit, residual) {
  X <- model.matrix(fit)
  Lambda <- getME(fit, "Lambda"); Z <- getME(fit, "Z")
  scale <- if (isLMM(fit)) sigma(fit)^2 else 1
  random <- scale * mean(rowSums(as.matrix(Z %*% Lambda)^2))
  fixed <- var(drop(X %*% fixef(fit)))
  total <- fixed + random + residual
  list(fixed = fixed, random = random, residual = residual, r2_marginal = fixed / total,
       r2_conditional = (fixed + random) / total, icc_adjusted = random / (random + residual),
       icc_conditional = random / total)
}

satterthwaite <- function(fit) {
  L <- diag(length(fixef(fit)))
  named(setNames(apply(L, 1, function(l) contest1D(fit, l)$df), names(fixef(fit))))
}

kenward_roger <- function(fit, names = base::names(fixef(fit))) {
  plain <- vcov(fit)
  adjusted <- vcovAdj(fit)                                  # carries what Lb_ddf needs as attributes
  df <- apply(diag(nrow(adjusted)), 1, function(l) Lb_ddf(l, plain, adjusted))
  adjusted <- as.matrix(adjusted)
  list(se = named(setNames(sqrt(diag(adjusted)), names)), df = named(setNames(df, names)), vcov = rows(adjusted))
}

# Joint F tests of all columns of each term: Satterthwaite by contestMD (Fai & Cornelius), Kenward-Roger by KRmodcomp.
joint <- function(fit, kr) {
  assign <- attr(model.matrix(fit), "assign")
  terms <- attr(terms(fit), "term.labels")
  tests <- lapply(seq_along(terms), function(k) {
    L <- diag(length(fixef(fit)))[assign == k, , drop = FALSE]
    s <- contestMD(fit, L)
    out <- list(columns = I(names(fixef(fit))[assign == k]),
                satterthwaite = list(f = s[["F value"]], df1 = s$NumDF, df2 = s$DenDF, p = s[["Pr(>F)"]]))
    if (kr) {
      t <- suppressWarnings(KRmodcomp(fit, L))$test["Ftest", ]
      out$kenward_roger <- list(f = t$stat, df1 = t$ndf, df2 = t$ddf, scaling = t$F.scaling, p = t$p.value)
    }
    out
  })
  setNames(tests, terms)
}

gaussian <- function(file, formula, r_formula = formula, kr = TRUE, satt = TRUE, groups = NULL, weights = NULL, means = NULL) {
  message(file, ": ", formula)
  d <- read(file)
  w <- if (is.null(weights)) NULL else d[[weights]]
  reml <- fit_lmm(as.formula(r_formula), d, TRUE, w)
  ml <- fit_lmm(as.formula(r_formula), d, FALSE, w)
  fit <- reml$fit
  plain <- function(r) {
    list(criterion = r$best$value, beta = named(fixef(r$fit)), se = named(sqrt(diag(as.matrix(vcov(r$fit))))),
         theta = array1(r$best$x), sigma = sigma(r$fit), varcor = random_rows(r$fit),
         log_likelihood = as.numeric(logLik(r$fit)), aic = AIC(r$fit), bic = BIC(r$fit),
         max_gradient = r$best$gradient)
  }
  out <- list(data = file, family = "gaussian", formula = formula, r_formula = r_formula, n = nrow(d),
              theta_names = I(theta_names(reml$reTrms)), singular = any(reml$best$x == 0) || isSingular(fit, tol = 1e-5))
  if (!is.null(weights)) out$weights <- weights
  out$reml <- c(plain(reml), list(vcov = rows(as.matrix(vcov(fit)))))
  out$ml <- plain(ml)
  if (satt) out$reml$satterthwaite_df <- satterthwaite(fit)
  if (kr) out$reml$kenward_roger <- kenward_roger(fit)
  if (satt) out$reml$joint <- joint(fit, kr)
  if (is.null(weights)) out$explained <- explained(fit, sigma(fit)^2)
  out$modes <- setNames(lapply(groups, function(g) modes(fit, g)), groups)
  if (!is.null(means)) out$emmeans <- means(fit)
  list(json = out, fit = fit, ml = ml$fit, reml = reml, data = d)
}

# ---------------------------------------------------------------- marginal means

# The 2 x 2 design role x profile: cells, margins, differences, the interaction, joint tests; equal and proportional weights.
means_2x2 <- function(df) function(fit) {
  setNames(lapply(df, function(method) {
    grid <- ref_grid(fit, lmer.df = method)
    cells <- emmeans(grid, ~ role * profile)
    list(cells = records(summary(cells, infer = TRUE)),
         role = records(summary(emmeans(grid, ~ role), infer = TRUE)),
         role_proportional = records(summary(emmeans(grid, ~ role, weights = "proportional"), infer = TRUE)),
         profile = records(summary(emmeans(grid, ~ profile), infer = TRUE)),
         peer_minus_advisor = records(summary(contrast(emmeans(grid, ~ role), "revpairwise"), infer = TRUE)),
         peer_minus_advisor_by_profile = records(summary(contrast(emmeans(grid, ~ role | profile), "revpairwise"), infer = TRUE)),
         interaction = records(summary(contrast(cells, interaction = "revpairwise"), infer = TRUE)),
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
    list(arm = records(summary(arms, infer = TRUE)),
         pairs = records(summary(differences, adjust = "none", infer = TRUE)),
         pairs_holm = records(summary(differences, adjust = "holm")),
         pairs_bh = records(summary(differences, adjust = "BH")),
         pairs_mvt = records(summary(differences, adjust = "mvt")),
         pairs_tukey = records(summary(differences, adjust = "tukey")),
         joint_tests_rounded = records(joint_tests(fit, lmer.df = method)))
  }), c("satterthwaite", "kenward-roger"))
}

# Covariate x: means at its mean and at 1 and 4, and its trend.
means_covariate <- function(fit) {
  list(at_mean = records(summary(emmeans(fit, ~ role, lmer.df = "satterthwaite"), infer = TRUE)),
       at_1_and_4 = records(summary(emmeans(fit, ~ role * x, at = list(x = c(1, 4)), lmer.df = "satterthwaite"), infer = TRUE)),
       trend = records(summary(emtrends(fit, ~ 1, var = "x", lmer.df = "satterthwaite"), infer = TRUE)))
}

# Link scale; response scale of link-scale means; response scale averaged after back-transformation (regrid).
means_response <- function(V, margin = TRUE) function(fit) {
  grid <- ref_grid(fit, vcov. = V)
  back <- regrid(grid)
  take <- function(e, ...) records(summary(e, infer = TRUE, ...))
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

# ---------------------------------------------------------------- binomial

fit_glmm <- function(formula, data) {
  tight <- glmerControl(tolPwrss = 1e-13, calc.derivs = FALSE, check.conv.singular = "ignore")
  parsed <- glFormula(formula, data, family = binomial, control = tight)
  f <- do.call(mkGlmerDevfun, c(parsed[names(parsed) != "formula"], list(control = tight)))
  low0 <- environment(f)$lower
  first <- minqa::bobyqa(as.numeric(low0 == 0), f, lower = low0, control = list(rhoend = 1e-5))
  first$fval <- f(first$par)
  beta <- environment(f)$pp$beta(1)
  f <- updateGlmerDevfun(f, parsed$reTrms)
  low <- environment(f)$lower
  theta <- first$par
  best <- minimum(f, list(c(theta, beta), c(1.2 * theta + 0.05 * (low0 == 0), beta), c(0.8 * theta, 0.9 * beta)), low)
  value <- f(best$x)                                        # leaves the modes at the optimum
  opt <- list(par = best$x, fval = value, conv = 0, feval = 1, message = "")
  call <- quote(lme4::glmer(formula = NULL, data = NULL, family = binomial))
  call$formula <- formula; call$data <- data
  fit <- mkMerMod(environment(f), opt, parsed$reTrms, fr = parsed$fr, mc = call)
  list(fit = fit, best = best, f = f, reTrms = parsed$reTrms, nt = length(low0))
}

# Inverse of half the Hessian of -2 log L over theta and beta jointly (what vcov(glmer) approximates by differences).
joint_vcov <- function(f, best) {
  V <- matrix(NA_real_, length(best$x), length(best$x))
  V[best$free, best$free] <- 2 * solve(curve2(f, best$x, best$free))
  (V + t(V)) / 2
}

binary <- function(file, formula, r_formula = formula, groups = NULL, margin = TRUE) {
  message(file, ": ", formula)
  d <- read(file)
  r <- fit_glmm(as.formula(r_formula), d)
  fit <- r$fit
  V <- joint_vcov(r$f, r$best)
  at <- r$nt + seq_along(fixef(fit))
  vb <- V[at, at, drop = FALSE]
  dimnames(vb) <- list(names(fixef(fit)), names(fixef(fit)))
  stopifnot(abs(-2 * as.numeric(logLik(fit)) - r$best$value) < 1e-7, abs(fixef(fit) - r$best$x[at]) < 1e-12)
  free <- r$best$free
  json <- list(data = file, family = "binomial", formula = formula, r_formula = r_formula, n = nrow(d),
               theta_names = I(theta_names(r$reTrms)), criterion = r$best$value, beta = named(fixef(fit)),
               se = named(sqrt(diag(vb))), vcov = rows(vb), theta = array1(r$best$x[seq_len(r$nt)]), joint_vcov = rows(V),
               varcor = random_rows(fit), max_gradient = r$best$gradient,
               modes = setNames(lapply(groups, function(g) modes(fit, g)), groups),
               explained = explained(fit, pi^2 / 3), emmeans = means_response(vb, margin)(fit))
  list(json = json, fit = fit, data = d, criterion = r$best$value)
}

# ---------------------------------------------------------------- ordinal

# ordinal keeps L = T S as the matrix ST (diagonal S, below it T); lme4's theta is the lower triangle of L.
st_of_theta <- function(theta, sizes) {
  out <- c()
  for (s in sizes) {
    k <- s * (s + 1) / 2
    L <- matrix(0, s, s)
    L[lower.tri(L, TRUE)] <- theta[seq_len(k)]
    theta <- theta[-seq_len(k)]
    ST <- sweep(L, 2, ifelse(diag(L) == 0, 1, diag(L)), "/")
    out <- c(out, diag(L), ST[lower.tri(ST)])
  }
  out
}

ordered_fit <- function(file, formula, groups = NULL) {
  message(file, ": ", formula)
  d <- read(file)
  d$rating <- factor(d$rating, ordered = TRUE)
  terms <- lFormula(as.formula(sub("^\\w+", "as.numeric(rating)", formula)), d)$reTrms
  r_formula <- as.formula(formula)
  control <- clmm.control(useMatrix = TRUE, gradTol = 1e-9, innerCtrl = "noWarn", maxIter = 100)
  rho <- do.call(clmm, list(formula = r_formula, data = d, control = control, doFit = FALSE))
  start <- do.call(clmm, list(formula = r_formula, data = d, control = control, Hess = FALSE))
  named_alpha <- names(start$alpha); named_beta <- names(start$beta)
  na <- length(named_alpha); nb <- length(named_beta)
  stopifnot(names(rho$dims$nlev.re) == names(terms$cnms))   # the same order of terms as lme4's
  sizes <- lengths(terms$cnms)
  nt <- length(terms$theta)
  f <- function(x) {                                        # theta, beta, thresholds
    par <- c(x[nt + nb + seq_len(na)], x[nt + seq_len(nb)], st_of_theta(x[seq_len(nt)], sizes))
    2 * ordinal:::getNLA(rho, par)
  }
  theta <- unlist(lapply(start$ST, function(ST) {
    L <- (ST - diag(diag(ST), nrow(ST)) + diag(nrow(ST))) %*% diag(diag(ST), nrow(ST))
    L[lower.tri(L, TRUE)]
  }))
  low <- c(terms$lower, rep(-Inf, nb + na))
  x0 <- c(theta, start$beta, start$alpha)
  best <- minimum(f, list(x0, x0 * rep(c(0.8, 1), c(nt, na + nb))), low)
  V <- joint_vcov(f, best)
  ib <- nt + seq_len(nb); ia <- nt + nb + seq_len(na)
  value <- f(best$x)
  Lambda <- ordinal:::getLambda(rho$ST, rho$dims$nlev.re)
  b <- as.numeric(Lambda %*% rho$u)
  variance <- Matrix::diag(tcrossprod(Lambda %*% solve(rho$L), Lambda))
  at <- split(seq_along(b), rep(seq_along(sizes), rho$dims$nlev.re * sizes))
  levels <- lapply(names(terms$cnms), function(g) levels(terms$flist[[g]]))
  mode <- setNames(lapply(seq_along(at), function(k) {
    columns <- function(v) setNames(lapply(seq_len(sizes[k]), function(j) array1(v[at[[k]]][seq(j, length(at[[k]]), by = sizes[k])])),
                                    terms$cnms[[k]])
    list(levels = I(levels[[k]]), mode = columns(b), sd = columns(sqrt(variance)))
  }), names(terms$cnms))
  # the package's own object at the optimum, for emmeans
  fit <- do.call(clmm, list(formula = r_formula, data = d, Hess = TRUE))
  fit$alpha[] <- best$x[ia]; fit$beta[] <- best$x[ib]
  fit$coefficients[] <- c(best$x[ia], best$x[ib])
  fit$Theta[] <- best$x[ia]
  order <- c(ia, ib)
  fit$Hessian <- solve(V[order, order])
  dimnames(fit$Hessian) <- list(names(fit$coefficients), names(fit$coefficients))
  latent <- emmeans(fit, ~ role)
  take <- function(e, ...) records(summary(e, infer = TRUE, ...))
  cut <- emmeans(fit, ~ role | rating, mode = "prob")
  json <- list(data = file, family = "ordinal", formula = formula, n = nrow(d), theta_names = I(theta_names(terms)),
               criterion = best$value, theta = array1(best$x[seq_len(nt)]), beta = named(setNames(best$x[ib], named_beta)),
               se = named(setNames(sqrt(diag(V)[ib]), named_beta)), vcov = rows(V[ib, ib, drop = FALSE]),
               thresholds = named(setNames(best$x[ia], named_alpha)),
               threshold_se = named(setNames(sqrt(diag(V)[ia]), named_alpha)), joint_vcov = rows(V),
               max_gradient = best$gradient, modes = mode[groups],
               emmeans = list(difference_latent = take(contrast(latent, "revpairwise")), role_latent = take(latent),
                              probabilities = take(cut), mean_class = take(emmeans(fit, ~ role, mode = "mean.class")),
                              mean_class_difference = take(contrast(emmeans(fit, ~ role, mode = "mean.class"), "revpairwise"))))
  list(json = json)
}

# ---------------------------------------------------------------- comparisons and profiles

against <- function(smaller, larger, small, large, df, method) {
  chisq <- small - large
  list(smaller = smaller, larger = larger, method = method, criterion_smaller = small, criterion_larger = large,
       chisq = chisq, df = df, p = pchisq(chisq, df, lower.tail = FALSE))
}

compare_lmm <- function(file, smaller, larger, df, reml) {
  d <- read(file)
  fits <- lapply(c(smaller, larger), function(f) fit_lmm(as.formula(f), d, reml))
  values <- sapply(fits, function(f) f$best$value)
  out <- against(smaller, larger, values[1], values[2], df, if (reml) "REML" else "ML")
  told <- anova(fits[[1]]$fit, fits[[2]]$fit, refit = FALSE)
  stopifnot(abs(told$Chisq[2] - out$chisq) < 1e-7, told$Df[2] == df)
  c(list(data = file), out)
}

compare_glmm <- function(file, smaller, larger, df) {
  d <- read(file)
  values <- sapply(c(smaller, larger), function(f) fit_glmm(as.formula(f), d)$best$value)
  c(list(data = file), against(smaller, larger, values[[1]], values[[2]], df, "Laplace"))
}

# ML criterion at standard deviations (of each scalar term, then of the residual).
sd_criterion <- function(ml, n) {
  f <- ml$f; env <- environment(f)
  function(sd) {
    k <- length(sd) - 1
    f(sd[seq_len(k)] / sd[k + 1])
    env$pp$ldL2() + n * log(2 * pi * sd[k + 1]^2) + (env$resp$wrss() + env$pp$sqrL(1)) / sd[k + 1]^2
  }
}

# Profile intervals of the standard deviations of a model of scalar terms: `exact` solves
# min over the others of criterion = minimum + qchisq(0.95, 1) at each bound; `lme4` is confint(method = "profile").
profile_sd <- function(file, formula) {
  d <- read(file)
  ml <- fit_lmm(as.formula(formula), d, FALSE)
  f <- sd_criterion(ml, nrow(d))
  sd <- c(ml$best$x * sigma(ml$fit), sigma(ml$fit))
  limit <- qchisq(0.95, 1)
  excess <- function(i) function(value) {
    others <- function(x) f(exp(log(replace(sd, -i, exp(x))) * (seq_along(sd) != i) + log(max(value, 1e-12)) * (seq_along(sd) == i)))
    best <- if (length(sd) == 2) optimize(others, log(sd[-i]) + c(-3, 3), tol = 1e-12)$objective else
      minqa::bobyqa(log(sd[-i]), others, control = list(rhobeg = 0.2, rhoend = 1e-9))$fval
    best - ml$best$value - limit
  }
  bounds <- lapply(seq_along(sd), function(i) {
    g <- excess(i)
    low <- if (g(0) < 0) 0 else uniroot(g, c(sd[i] * 1e-3, sd[i]), tol = 1e-11)$root
    list(estimate = sd[i], low = low, high = uniroot(g, c(sd[i], 6 * sd[i]), tol = 1e-11)$root)
  })
  names(bounds) <- c(sapply(names(ml$reTrms$cnms), function(g) g), "sigma")
  given <- suppressWarnings(suppressMessages(confint(lmer(as.formula(formula), d, REML = FALSE), method = "profile", oldNames = FALSE)))
  list(data = file, formula = formula, method = "ML", level = 0.95, criterion = ml$best$value, exact = bounds,
       lme4 = setNames(lapply(seq_len(nrow(given)), function(i) list(low = given[i, 1], high = given[i, 2])), rownames(given)))
}

# Slopes: lme4's profile only (spline through the profile, about three digits).
profile_lme4 <- function(file, formula) {
  d <- read(file)
  fit <- lmer(as.formula(formula), d, REML = FALSE)
  given <- suppressWarnings(suppressMessages(confint(fit, method = "profile", oldNames = FALSE)))
  list(data = file, formula = formula, method = "ML", level = 0.95, criterion = -2 * as.numeric(logLik(fit)),
       lme4 = setNames(lapply(seq_len(nrow(given)), function(i) list(low = given[i, 1], high = given[i, 2])), rownames(given)))
}

# The weighted model as an unweighted one on rows times sqrt(w): Kenward-Roger, which pbkrtest lacks for weights.
weighted_kr <- function() {
  d <- read("weighted")
  d$s <- sqrt(d$w)
  d$t <- d$s * d$peer
  d$v <- d$s * d$y
  r <- fit_lmm(v ~ 0 + s + t + (0 + s + t | item) + (0 + s | persona), d, TRUE)
  c(list(criterion_shift = sum(log(d$w)), criterion = r$best$value), kenward_roger(r$fit, c("(Intercept)", "rolepeer")))
}

# ---------------------------------------------------------------- all of it

lines <- c("satterthwaite", "kenward-roger")
for (make in list(make_audit, make_crossed, make_weighted, make_covariate, make_singular, make_small, make_slopes,
                  make_votes, make_trials, make_rare, make_ratings)) make()

fits <- list()
add <- function(name, result) { fits[[name]] <<- result$json; invisible(result) }

add("audit_slopes", gaussian("audit", "y ~ role * profile + (1 + role * profile | item) + (1 | persona)",
                             groups = c("item", "persona"), means = means_2x2(lines)))
add("audit_zerocorr", gaussian("audit", "z ~ role * profile + (1 + role || item) + (1 + role || persona) + (1 | item:persona)",
                               "z ~ role * profile + (1 + peer || item) + (1 + peer || persona) + (1 | item:persona)",
                               groups = "item:persona", means = function(fit) NULL))
add("audit_compound", gaussian("audit", paste("c ~ role * profile + (1 | item) + (1 | item:role) + (1 | item:profile) +",
                                              "(1 | item:role:profile) + (1 | persona) + (1 | persona:role) + (1 | item:persona)"),
                               groups = c("item", "persona"), means = means_2x2(lines)))
add("audit_scaled", gaussian("audit", "big ~ role * profile + (1 + role | item) + (1 | persona)", groups = "persona"))
add("audit_unscaled", gaussian("audit", "y ~ role * profile + (1 + role | item) + (1 | persona)", groups = "persona"))
add("crossed_nested", gaussian("crossed", "y ~ arm + (1 | a/b) + (1 | c) + (1 | d)", groups = c("a", "d"), means = means_arms))
add("weighted", gaussian("weighted", "y ~ role + (1 + role | item) + (1 | persona)", weights = "w", kr = FALSE,
                         groups = c("item", "persona")))
fits$weighted$reml$kenward_roger <- weighted_kr()
stopifnot(abs(fits$weighted$reml$kenward_roger$criterion - fits$weighted$reml$kenward_roger$criterion_shift -
              fits$weighted$reml$criterion) < 1e-7)
add("covariate", gaussian("covariate", "y ~ x + role + (1 + x | g) + (1 | h)", groups = c("g", "h"), means = means_covariate))
add("singular_zero", gaussian("singular", "y ~ role + (1 | item) + (1 | persona)", satt = FALSE, groups = c("item", "persona")))
add("singular_line", gaussian("singular", "s ~ role + (1 + role | item) + (1 | persona)", satt = FALSE, groups = "persona"))
add("small_one", gaussian("small", "y ~ 1 + (1 | sample)", groups = "sample"))
add("small_crossed", gaussian("small", "y ~ 1 + (1 | plate) + (1 | sample)", groups = c("plate", "sample")))
add("slopes_4d", gaussian("slopes", "y ~ role * profile + (1 + role * profile | item) + (1 + role | persona)",
                          groups = "persona", means = means_2x2(lines)))
add("votes", binary("votes", "hit ~ role + (1 + role | item) + (1 | persona)", groups = c("item", "persona"), margin = FALSE))
add("trials", binary("trials", "successes/trials ~ role * profile + (1 + role | item) + (1 | persona)",
                     "cbind(successes, trials - successes) ~ role * profile + (1 + role | item) + (1 | persona)",
                     groups = c("item", "persona")))
add("rare", binary("rare", "hit ~ role + profile + (1 | item) + (1 | persona)", groups = "persona"))
add("ratings_crossed", ordered_fit("ratings", "rating ~ role + profile + (1 | item) + (1 | persona)", c("item", "persona")))
add("ratings_single", ordered_fit("ratings", "rating ~ role + profile + (1 | item)", "item"))
add("ratings_slopes", ordered_fit("ratings", "rating ~ role + profile + (1 + role | item) + (1 | persona)", c("item", "persona")))

message("comparisons and profiles")
comparisons <- list(
  audit_interaction = compare_lmm("audit", "y ~ role + profile + (1 + role | item) + (1 | persona)",
                                  "y ~ role * profile + (1 + role | item) + (1 | persona)", 1, FALSE),
  audit_slope = compare_lmm("audit", "y ~ role * profile + (1 | item) + (1 | persona)",
                            "y ~ role * profile + (1 + role | item) + (1 | persona)", 2, TRUE),
  crossed_arm = compare_lmm("crossed", "y ~ 1 + (1 | a/b) + (1 | c) + (1 | d)", "y ~ arm + (1 | a/b) + (1 | c) + (1 | d)", 2, FALSE),
  crossed_variance = compare_lmm("crossed", "y ~ arm + (1 | a/b) + (1 | c)", "y ~ arm + (1 | a/b) + (1 | c) + (1 | d)", 1, TRUE),
  votes_slope = compare_glmm("votes", "hit ~ role + (1 | item) + (1 | persona)", "hit ~ role + (1 + role | item) + (1 | persona)", 2),
  votes_role = compare_glmm("votes", "hit ~ 1 + (1 + role | item) + (1 | persona)",
                            "hit ~ role + (1 + role | item) + (1 | persona)", 1))
profiles_ci <- list(
  small_one = profile_sd("small", "y ~ 1 + (1 | sample)"),
  small_crossed = profile_sd("small", "y ~ 1 + (1 | plate) + (1 | sample)"),
  singular_zero = profile_sd("singular", "y ~ role + (1 | item) + (1 | persona)"),
  covariate = profile_lme4("covariate", "y ~ x + role + (1 + x | g) + (1 | h)"))

versions <- c(list(R = R.version.string), sapply(c("lme4", "lmerTest", "pbkrtest", "emmeans", "ordinal", "numDeriv", "minqa"),
                                                 function(p) as.character(packageVersion(p)), simplify = FALSE))
levels_of <- function(name) lapply(Filter(is.factor, read(name)), function(v) I(levels(v)))
files <- sub(".csv.gz", "", list.files(here, "[.]csv[.]gz$"), fixed = TRUE)
jsonlite::write_json(list(versions = versions, fits = fits, comparisons = comparisons, profiles = profiles_ci,
                          levels = setNames(lapply(files, levels_of), files)),
                     file.path(here, "expected.json"), digits = I(15), auto_unbox = TRUE, null = "null", na = "null", pretty = 1)
