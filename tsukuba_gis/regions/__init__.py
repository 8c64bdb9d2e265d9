"""Regions: neighbouring zones put together into few, each as alike within as can be."""
