# Likelihood ratios between nested models, and profile intervals. See make.R.

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

intervals <- function(fit) {
  given <- suppressWarnings(suppressMessages(confint(fit, method = "profile", oldNames = FALSE)))
  setNames(lapply(seq_len(nrow(given)), function(i) list(low = given[i, 1], high = given[i, 2])), rownames(given))
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
    others <- function(x) f(replace(replace(sd, -i, x), i, value))
    floor <- c(rep(0, length(sd) - 1), 0.3 * sd[length(sd)])[-i]
    starts <- list(pmax(sd[-i], floor), pmax(1.3 * sd[-i], 0.1 * sd[length(sd)]))
    best <- min(sapply(starts, function(x) {
      minqa::bobyqa(x, others, lower = floor, control = list(rhobeg = 0.05 * sd[length(sd)], rhoend = 1e-9))$fval
    }))
    best - ml$best$value - limit
  }
  bounds <- lapply(seq_along(sd), function(i) {
    g <- excess(i)
    residual <- i == length(sd)
    low <- if (!residual && g(0) < 0) 0 else uniroot(g, c(if (residual) 0.4 * sd[i] else 0, sd[i]), tol = 1e-11)$root
    far <- 6 * max(sd[i], 0.2 * sd[length(sd)])
    list(estimate = sd[i], low = low, high = uniroot(g, c(sd[i], far), tol = 1e-11)$root)
  })
  names(bounds) <- c(sapply(names(ml$reTrms$cnms), function(g) g), "sigma")
  list(data = file, formula = formula, method = "ML", level = 0.95, criterion = ml$best$value, exact = bounds,
       lme4 = intervals(lmer(as.formula(formula), d, REML = FALSE)))
}

# Slopes: lme4's profile only (spline through the profile, about three digits).
profile_lme4 <- function(file, formula) {
  d <- read(file)
  fit <- lmer(as.formula(formula), d, REML = FALSE)
  list(data = file, formula = formula, method = "ML", level = 0.95, criterion = -2 * as.numeric(logLik(fit)),
       lme4 = intervals(fit))
}

# The weighted model as an unweighted one on rows times sqrt(w): Kenward-Roger, which pbkrtest lacks for weights.
weighted_kr <- function(known) {
  d <- read("weighted")
  d$s <- sqrt(d$w)
  d$t <- d$s * d$peer
  d$v <- d$s * d$y
  r <- fit_lmm(v ~ 0 + s + t + (0 + s + t | item) + (0 + s | persona), d, TRUE)
  stopifnot(abs(r$best$value - sum(log(d$w)) - known) < 1e-8)    # the same criterion up to the Jacobian
  kenward_roger(r$fit, c("(Intercept)", "rolepeer"))
}
