"""Pseudo-citizen data and small-area GIS analysis for Japanese municipalities."""

__version__ = "0.1.0"
