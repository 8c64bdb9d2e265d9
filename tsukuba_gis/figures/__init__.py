"""Figures for print and papers: maps and charts in matplotlib, with the notice inside.

Each function takes a :class:`tsukuba_gis.result.Result`, asks the policy of
:mod:`tsukuba_gis.publishing`, and returns a matplotlib figure. Needs the extra ``figures``.
"""

from tsukuba_gis.figures.charts import (
    draw_age_curve,
    draw_funnel,
    draw_projection,
    draw_pyramid,
    draw_scatter,
)
from tsukuba_gis.figures.fonts import figures_possible, find_font
from tsukuba_gis.figures.frame import save_figure
from tsukuba_gis.figures.maps import draw_clusters, draw_map, draw_regions
from tsukuba_gis.figures.years import draw_years

__all__ = [
    "draw_age_curve",
    "draw_clusters",
    "draw_funnel",
    "draw_map",
    "draw_projection",
    "draw_pyramid",
    "draw_regions",
    "draw_scatter",
    "draw_years",
    "figures_possible",
    "find_font",
    "save_figure",
]
