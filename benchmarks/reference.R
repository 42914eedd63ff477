# One model by lme4 or ordinal with their defaults: what mixed_models.py compares with.
#
#     Rscript benchmarks/reference.R FOLDER FUNCTION FORMULA
#
# FOLDER holds the columns as mixed_models.py writes them: numbers as NAME.f64; the codes of factors, from 1, as
# NAME.i32 with their levels in NAME.txt. FUNCTION is lmer, glmer or clmm. Prints `cpu`, `wall` and `criterion`.

given <- commandArgs(TRUE)
column <- function(path, what, size) readBin(path, what, n = file.size(path) / size, size = size)
factor_of <- function(path) {
  name <- sub("[.]i32$", "", path)
  structure(column(path, "integer", 4), levels = readLines(paste0(name, ".txt")), class = "factor")
}
files <- function(ending) {
  found <- list.files(given[1], paste0("[.]", ending, "$"), full.names = TRUE)
  setNames(found, sub(paste0("[.]", ending, "$"), "", basename(found)))
}
data <- as.data.frame(c(lapply(files("f64"), column, "double", 8), lapply(files("i32"), factor_of)))

suppressPackageStartupMessages(library(if (given[2] == "clmm") "ordinal" else "lme4", character.only = TRUE))
formula <- as.formula(given[3])
time <- system.time(fit <- suppressWarnings(suppressMessages(switch(
  given[2],
  lmer = lmer(formula, data),
  glmer = glmer(formula, data, family = binomial),
  clmm = clmm(formula, data)))))
criterion <- if (given[2] == "lmer") REMLcrit(fit) else -2 * as.numeric(logLik(fit))
cat(sprintf("cpu %.3f\nwall %.3f\ncriterion %.10f\n", time[["user.self"]] + time[["sys.self"]], time[["elapsed"]], criterion))
