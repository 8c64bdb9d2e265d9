"""Regression over zones: ordinary, of counts, spatial, and geographically weighted.

statsmodels, spreg and mgwr do the work (extra ``regression``); this room checks what
goes in, keeps them silent, and puts what comes out into one form.
"""

from tsukuba_gis.regression.fit import regress
from tsukuba_gis.result import Regression

__all__ = ["Regression", "regress"]
