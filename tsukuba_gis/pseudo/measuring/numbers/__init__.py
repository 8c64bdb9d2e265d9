"""Amounts and measurements: measured as quantile tables, drawn through a copula.

Measured over the city in groups of similar people
(:mod:`~tsukuba_gis.pseudo.measuring.numbers.groups`: sex, ten-year age, care band; at
least ``group_size`` people): which columns are
missing, zero or valued (``states``); means of quantile bins of at least k people,
so that no real value is kept (``quantiles``); and one rank correlation of normal
scores, corrected for ties (``copula``). Sums per cluster × age group × care band
are kept where no person dominates them (``sums``). ``measurement`` puts them together.

The model looks only at people in cells whose sums are published: what it tells
about the city tells nothing about a cell that is not shown.
"""
