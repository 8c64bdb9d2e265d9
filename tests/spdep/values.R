# Makes values.csv.gz: spatial statistics by R spdep on data other than those of the reference file.
#   Rscript tests/spdep/values.R | gzip -n > tests/spdep/values.csv.gz
# used.cars, afcon, columbus and boston are of R's package spData (CC0); the points are drawn here.
suppressMessages({library(spdep); library(spData)})
options(digits = 17)
invisible(set.ZeroPolicyOption(TRUE))

# R's own integral stops at four digits: the same method with the tolerance that it lacks.
tight <- spdep:::exactMoran
environment(tight) <- list2env(list(integrate = function(f, lower, upper)
  stats::integrate(f, lower, upper, rel.tol = 1e-12, abs.tol = 0, subdivisions = 100000L)),
  parent = asNamespace("spdep"))
assignInNamespace("exactMoran", tight, "spdep")

say <- function(data, weights, statistic, fields) {
  for (field in names(fields)) {
    value <- as.numeric(fields[[field]])
    digits <- if (statistic %in% c("data", "neighbours", "rates")) "%.17g" else "%.14g"
    cat(sprintf(paste0("%s,%s,%s,%s,%d,", digits, "\n"), data, weights, statistic, field, seq_along(value) - 1L, value),
        sep = "")
  }
}

tested <- function(test) list(value = test$estimate[1], expected = test$estimate[2], variance = test$estimate[3],
                              z = test$statistic)

global <- function(data, name, x, y, lw) {
  say(data, name, "moran_randomisation", tested(moran.test(x, lw, randomisation = TRUE)))
  say(data, name, "moran_normality", tested(moran.test(x, lw, randomisation = FALSE)))
  say(data, name, "geary_randomisation", tested(geary.test(x, lw, randomisation = TRUE)))
  say(data, name, "geary_normality", tested(geary.test(x, lw, randomisation = FALSE)))
  say(data, name, "getis_ord_g", tested(globalG.test(x, lw, B1correct = TRUE)))
  say(data, name, "lee", list(value = lee(x, y, lw, length(x))$L))
}

every <- function(data, nb, x, y, glist = NULL) {
  n <- length(x)
  from <- rep(seq_len(n), card(nb)); to <- unlist(nb[card(nb) > 0])
  given <- if (is.null(glist)) rep(1, length(to)) else unlist(glist)
  say(data, "", "neighbours", list(from = from - 1, to = to - 1, weight = given))
  say(data, "", "data", list(x = x, y = y))
  W <- nb2listw(nb, glist = glist, style = "W"); B <- nb2listw(nb, glist = glist, style = "B")
  global(data, "W", x, y, W); global(data, "B", x, y, B)
  for (given in c(TRUE, FALSE)) {
    m <- localmoran(x, W, conditional = given)
    say(data, "W", paste0("local_moran_", if (given) "conditional" else "total"),
        list(i = m[, 1], expected = m[, 2], variance = m[, 3], z = m[, 4]))
  }
  # The generator of R, not ours: p agrees within Monte Carlo error.
  set.seed(11)
  m <- moran.mc(x, W, nsim = 9999)
  say(data, "W", "moran_permuted", list(at_least = mean(c(m$res[1:9999] >= m$statistic, TRUE))))
  if (is.null(glist)) {
    say(data, "W", "local_moran_permuted", list(p = localmoran_perm(x, W, nsim = 9999)[, "Pr(z != E(Ii)) Sim"]))
    # spdep 1.2-7 draws neighbours with replacement; as Anselin (1995) defines it, without:
    tails <- sapply(seq_along(x), function(i) {
      drawn <- replicate(9999, sum(sample(x[-i], card(nb)[i])))
      found <- sum(x[nb[[i]]])
      c(mean(c(drawn >= found - 1e-9, TRUE)), mean(c(drawn <= found + 1e-9, TRUE)))
    })
    say(data, "W", "local_moran_plain", list(p = pmin(1, 2 * pmin(tails[1, ], tails[2, ]))))
  }
  say(data, "B", "local_g", list(z = localG(x, B)))
  say(data, "W", "local_g", list(z = localG(x, W)))
  say(data, "B", "local_g_star", list(z = localG(x, nb2listw(include.self(nb), style = "B"))))
  say(data, "W", "local_geary", list(value = localC(x, W)))
  say(data, "W", "local_geary_multi", list(value = localC(data.frame(x, y), W)))
  h <- LOSH.cs(x, W)
  say(data, "W", "losh", list(value = h[, "Hi"], variance = h[, "Var.Hi"], chi2 = h[, "Z.Hi"], p = h[, "Pr()"]))
  say(data, "W", "aple", list(value = spatial_aple(x, W)))
  say(data, "W", "bivariate_moran", list(value = moran_bv(x, y, W, nsim = 2)$t0))
  c2 <- sp.correlogram(nb, x, order = 3, method = "I", style = "W")$res
  say(data, "W", "correlogram", list(i = c2[, 1], expected = c2[, 2], variance = c2[, 3]))
  high <- factor(ifelse(x > median(x), "high", "low"))
  j <- joincount.multi(high, B)
  say(data, "B", "join_counts", list(count = j[, 1], expected = j[, 2], variance = j[, 3], z = j[, 4]))
  if (is.null(glist) && n < 100) {
    model <- lm(x ~ 1)
    e <- as.data.frame(localmoran.exact(model, nb = nb, style = "W"))
    say(data, "W", "local_moran_exact", list(variance = e[["Variance"]], z = e[["Exact SD"]], p = e[["Pr. (exact)"]]))
    s <- as.data.frame(localmoran.sad(model, nb = nb, style = "W", tol = 1e-15, maxiter = 100000))
    say(data, "W", "local_moran_saddlepoint",
        list(variance = s[["Variance"]], z = s[["Saddlepoint"]], p = s[["Pr. (Sad)"]]))
  }
}

# APLE as in spatialreg::aple (GPL), which is not needed for one line of algebra.
spatial_aple <- function(x, lw) {
  W <- listw2mat(lw); z <- x - mean(x); wz <- W %*% z
  as.numeric(crossprod(z, (W + t(W)) %*% z) / 2 / (crossprod(wz) + sum(diag(W %*% W)) / length(x) * crossprod(z)))
}

rates <- function(data, nb, events, people) {
  say(data, "", "rates", list(events = events, people = people))
  say(data, "", "neighbours", list(from = rep(seq_along(nb), card(nb)) - 1, to = unlist(nb) - 1,
                                   weight = rep(1, sum(card(nb)))))
  B <- nb2listw(nb, style = "W")
  say(data, "W", "eb_moran", list(value = suppressWarnings(EBImoran.mc(events, people, B, nsim = 2)$statistic)))
  g <- EBest(events, people)
  say(data, "W", "eb_global", list(raw = g$raw, estimate = g$estmm))
  say(data, "W", "eb_local", list(raw = EBlocal(events, people, nb)$raw, estimate = EBlocal(events, people, nb)$est))
}

cat("data,weights,statistic,field,row,value\n")
data(used.cars); data(afcon); data(auckland, package = "spData")
every("used_cars", usa48.nb, used.cars$price.1960, used.cars$tax.charges)
every("afcon", paper.nb, afcon$totcon, afcon$x + 30)
rates("auckland", auckland.nb, auckland$Deaths.1977.85, 9 * auckland$Under.5.1981)
set.seed(7)
places <- cbind(runif(60), runif(60))
x <- rexp(60) + places[, 1]; y <- rnorm(60, 5) + x
every("points_knn4", knn2nb(knearneigh(places, k = 4)), x, y)  # not symmetric
band <- dnearneigh(places, 0, 0.28)
every("points_band", band, x, y, glist = lapply(nbdists(band, places), function(d) 1 / (0.1 + d)))
data(columbus, package = "spData"); data(boston, package = "spData")
polygons <- sf::st_read(system.file("shapes/columbus.shp", package = "spData"), quiet = TRUE)
every("columbus_gal", col.gal.nb, columbus$CRIME, columbus$INC)
every("columbus_rook", poly2nb(polygons, queen = FALSE), polygons$CRIME, polygons$INC)
every("boston", boston.soi, boston.c$CMEDV, boston.c$NOX)
