"""Where do the elderly live? The main flow in a few lines.

Look at: the findings in the first section of ``index.html``.
"""

import sys
from pathlib import Path

import tsukuba_gis as tg

out = Path(sys.argv[1] if len(sys.argv) > 1 else "out_demo")

study = tg.demo_study(size=20_000)
result = tg.run(study)
tg.write_report(result, out)

districts = result.levels[0]
print(districts.values["share_65plus"].rename(districts.zones.names).sort_values().round(3))
