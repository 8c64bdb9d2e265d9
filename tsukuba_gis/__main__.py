"""``python -m tsukuba_gis`` is ``tsukuba-gis``."""

import sys

from tsukuba_gis.cli import main

if __name__ == "__main__":
    sys.exit(main())
