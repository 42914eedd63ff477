# Synthetic data, drawn with fixed seeds. See make.R.

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
  y <- mean + draw(d$item, lower(c(0.8, 0.5, 0.4, 0.35), equal(4, 0.2)), X) + draw(d$persona, lower(0.4)) +
    rnorm(nrow(d))
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
  y <- 10 + 0.8 * d$x - 0.5 * (d$role == "peer") + draw(d$g, lower(c(1.2, 0.4), equal(2, -0.25)), Z) +
    draw(d$h, lower(0.8)) + rnorm(nrow(d), sd = 1.5)
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
  d <- cross(item = label("i", 30), persona = label("p", 10), role = roles, profile = profiles, epoch = 1:3,
             keep = 0.834)
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
  d$share <- d$successes / d$trials
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
