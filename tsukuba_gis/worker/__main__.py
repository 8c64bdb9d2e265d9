"""``python -m tsukuba_gis.worker``: see :mod:`tsukuba_gis.worker`."""

import os
import sys

# Before any import of GDAL or PROJ: QGIS points these at its own data, which other versions
# of the libraries cannot read.
for _name in [name for name in os.environ if name.startswith(("PROJ_", "GDAL_", "OGR_"))]:
    del os.environ[_name]

if __name__ == "__main__":
    from tsukuba_gis.worker.run import main

    sys.exit(main(sys.argv[1:]))
