# Binomial and ordinal mixed models at a tight optimum. See make.R.

# -2 log L by Laplace as a dense function of theta and beta. glmer's own carries the noise of its last inner step, about
# 1e-8, which is too much for second derivatives.
laplace <- function(parsed, trials) {
  X <- parsed$X
  Zt <- parsed$reTrms$Zt
  Lambdat <- parsed$reTrms$Lambdat
  nt <- length(parsed$reTrms$theta)
  y <- model.response(parsed$fr)
  hits <- if (is.matrix(y)) y[, 1] else y
  constant <- sum(lchoose(trials, hits))
  function(x) {
    Lambdat@x <- x[seq_len(nt)][parsed$reTrms$Lind]
    A <- as.matrix(Matrix::t(Lambdat %*% Zt))
    fixed <- drop(X %*% x[-seq_len(nt)])
    u <- numeric(ncol(A))
    for (k in 1:60) {
      eta <- fixed + drop(A %*% u)
      mu <- plogis(eta)
      H <- crossprod(A, trials * mu * (1 - mu) * A) + diag(ncol(A))
      step <- drop(solve(H, crossprod(A, hits - trials * mu) - u))
      u <- u + step
      if (max(abs(step)) < 1e-12) break
    }
    logs <- hits * plogis(eta, log.p = TRUE) + (trials - hits) * plogis(-eta, log.p = TRUE)
    -2 * (sum(logs) + constant) + sum(u^2) + as.numeric(determinant(H)$modulus)
  }
}

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
  near <- minimum(f, list(c(theta, beta), c(1.2 * theta + 0.05 * (low0 == 0), beta), c(0.8 * theta, 0.9 * beta)), low)
  exact <- laplace(parsed, environment(f)$resp$weights)
  best <- minimum(exact, list(near$x), low)
  value <- f(best$x)                                        # leaves the modes at the optimum
  stopifnot(abs(value - best$value) < 1e-6)
  opt <- list(par = best$x, fval = best$value, conv = 0, feval = 1, message = "")
  call <- quote(lme4::glmer(formula = NULL, data = NULL, family = binomial))
  call$formula <- formula; call$data <- data
  fit <- mkMerMod(environment(f), opt, parsed$reTrms, fr = parsed$fr, mc = call)
  list(fit = fit, best = best, f = exact, reTrms = parsed$reTrms, nt = length(low0))
}

# Inverse of half the Hessian of -2 log L over theta and beta jointly (what vcov(glmer) approximates by differences).
joint_vcov <- function(f, best) {
  V <- matrix(NA_real_, length(best$x), length(best$x))
  V[best$free, best$free] <- 2 * solve(curve2(f, best$x, best$free))
  (V + t(V)) / 2
}

binary <- function(file, formula, r_formula = formula, groups = NULL, margin = TRUE, trials = NULL) {
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
               se = named(sqrt(diag(vb))), vcov = rows(vb), theta = array1(r$best$x[seq_len(r$nt)]),
               joint_vcov = rows(V),
               varcor = random_rows(fit), max_gradient = r$best$gradient,
               modes = setNames(lapply(groups, function(g) modes(fit, g)), groups),
               explained = explained(fit, pi^2 / 3), emmeans = means_response(vb, margin)(fit))
  if (!is.null(trials)) json$trials <- trials
  json
}

# ordinal keeps each term's L itself, diagonal first; lme4's theta is its lower triangle, column by column.
st_of_theta <- function(theta, sizes) {
  out <- c()
  for (s in sizes) {
    k <- s * (s + 1) / 2
    L <- matrix(0, s, s)
    L[lower.tri(L, TRUE)] <- theta[seq_len(k)]
    theta <- theta[-seq_len(k)]
    out <- c(out, diag(L), L[lower.tri(L)])
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
  theta <- unlist(lapply(start$ST, function(L) L[lower.tri(L, TRUE)]))
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
    columns <- function(v) {
      table <- matrix(v[at[[k]]], ncol = sizes[k])          # ordinal stores all intercepts, then all slopes
      setNames(lapply(seq_len(sizes[k]), function(j) array1(table[, j])), terms$cnms[[k]])
    }
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
  classes <- emmeans(fit, ~ role, mode = "mean.class")
  cut <- emmeans(fit, ~ role | rating, mode = "prob")
  json <- list(data = file, family = "ordinal", formula = formula, n = nrow(d), theta_names = I(theta_names(terms)),
               criterion = best$value, theta = array1(best$x[seq_len(nt)]),
               beta = named(setNames(best$x[ib], named_beta)),
               se = named(setNames(sqrt(diag(V)[ib]), named_beta)), vcov = rows(V[ib, ib, drop = FALSE]),
               thresholds = named(setNames(best$x[ia], named_alpha)),
               threshold_se = named(setNames(sqrt(diag(V)[ia]), named_alpha)), joint_vcov = rows(V),
               max_gradient = best$gradient, modes = mode[groups],
               emmeans = list(difference_latent = take(contrast(latent, "revpairwise")), role_latent = take(latent),
                              probabilities = take(cut), mean_class = take(classes),
                              mean_class_difference = take(contrast(classes, "revpairwise"))))
  json
}
