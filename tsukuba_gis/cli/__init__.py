"""The command line: parse, call, write. No arithmetic of its own."""

from tsukuba_gis.cli.app import group, main

__all__ = ["group", "main"]
