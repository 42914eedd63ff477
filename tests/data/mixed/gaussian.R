# Linear mixed models at a tight optimum, as lists for the JSON. See make.R.

# Richardson derivatives of f over the coordinates `free` of x, by steps that do not depend on x.
slope <- function(f, x, free) {
  away <- function(z) f(replace(x, free, x[free] + z))
  numDeriv::grad(away, 0 * free, method.args = list(eps = 1e-2, r = 4))
}
curve2 <- function(f, x, free) {
  away <- function(z) f(replace(x, free, x[free] + z))
  numDeriv::hessian(away, 0 * free, method.args = list(eps = 0.05, r = 4))
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

# theta's names, `item.(Intercept)`, or `item.(Intercept).rolepeer` below the diagonal.
theta_names <- function(reTrms) {
  unlist(Map(function(group, columns) {
    at <- which(lower.tri(diag(length(columns)), TRUE), arr.ind = TRUE)
    second <- ifelse(at[, 1] == at[, 2], "", paste0(".", columns[at[, 1]]))
    paste0(group, ".", columns[at[, 2]], second)
  }, names(reTrms$cnms), reTrms$cnms), use.names = FALSE)
}

# Places of theta's entries in the order of decreasing numbers of levels, equal ones as in the formula; lme4 turns those
# around wherever it has to sort.
in_order <- function(formula, reTrms) {
  written <- sapply(findbars(formula), function(part) deparse(part[[3]]))
  levels <- sapply(names(reTrms$cnms), function(group) nlevels(reTrms$flist[[group]]))
  sizes <- lengths(reTrms$cnms) * (lengths(reTrms$cnms) + 1) / 2
  at <- split(seq_along(reTrms$theta), rep(seq_along(sizes), sizes))
  terms <- if (any(diff(levels[written]) > 0)) order(-levels, -seq_along(levels)) else seq_along(levels)
  unlist(at[terms], use.names = FALSE)
}

random_rows <- function(fit) {
  v <- as.data.frame(VarCorr(fit))
  lapply(seq_len(nrow(v)), function(i) {
    list(group = v$grp[i], first = v$var1[i], second = v$var2[i], vcov = v$vcov[i], sdcor = v$sdcor[i])
  })
}

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

gaussian <- function(file, formula, r_formula = formula, kr = TRUE, satt = TRUE, groups = NULL, weights = NULL,
                     means = NULL) {
  message(file, ": ", formula)
  d <- read(file)
  r_formula <- as.formula(r_formula, new.env())             # lme4 assigns `weights` there
  w <- if (is.null(weights)) NULL else d[[weights]]
  reml <- fit_lmm(r_formula, d, TRUE, w)
  ml <- fit_lmm(r_formula, d, FALSE, w)
  fit <- reml$fit
  places <- in_order(r_formula, reml$reTrms)
  plain <- function(r) {
    list(criterion = r$best$value, beta = named(fixef(r$fit)), se = named(sqrt(diag(as.matrix(vcov(r$fit))))),
         theta = array1(r$best$x[places]), sigma = sigma(r$fit), varcor = random_rows(r$fit),
         log_likelihood = as.numeric(logLik(r$fit)), aic = AIC(r$fit), bic = BIC(r$fit),
         max_gradient = r$best$gradient)
  }
  out <- list(data = file, family = "gaussian", formula = formula,
              r_formula = paste(deparse(r_formula, 500), collapse = ""), n = nrow(d),
              theta_names = I(theta_names(reml$reTrms)[places]),
              singular = any(reml$best$x == 0) || isSingular(fit, tol = 1e-5))
  if (!is.null(weights)) out$weights <- weights
  out$reml <- c(plain(reml), list(vcov = rows(as.matrix(vcov(fit)))))
  out$ml <- plain(ml)
  if (satt) out$reml$satterthwaite_df <- satterthwaite(fit)
  if (kr) out$reml$kenward_roger <- kenward_roger(fit)
  if (satt) out$reml$joint <- joint(fit, kr)
  if (is.null(weights)) out$explained <- explained(fit, sigma(fit)^2)
  out$modes <- setNames(lapply(groups, function(g) modes(fit, g)), groups)
  if (!is.null(means)) out$emmeans <- means(fit)
  out
}
