"""Make the data of the sample project: run by the core's Python.

python qgis_plugin/make/sample_data.py FOLDER writes tsukuba.gpkg (zones of the invented
register, with indicators and clusters) and styles.json for sample.py.
"""

import json
import sys
from pathlib import Path

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.study import demo_study, run
from tsukuba_gis.worker import style

NAMES = ("population", "share_65plus", "ratio_65_10", "share_severe_care")


def main(folder):
    """Write both files."""
    result = run(demo_study(lang="ja"))
    meant = {one.name: one for one in result.indicators}
    styles = {}
    (folder / "tsukuba.gpkg").unlink(missing_ok=True)
    for level in result.levels:
        kind = level.zones.kind
        lisa = level.lisa["share_65plus"].frame
        frame = load_boundaries(kind).frame[["name", "geometry"]].copy()
        frame["geometry"] = frame.geometry.set_precision(1.0)
        frame = frame.join(level.values[list(NAMES)].round(4))
        frame["lisa_p_fdr"] = lisa["p_fdr"].round(4)
        frame["lisa_class"] = lisa["cluster"]
        frame.reset_index().to_file(folder / "tsukuba.gpkg", layer=kind)
        styles[kind] = {
            name: style.graduated(frame[name], meant[name], field=name, lang="ja")
            for name in NAMES[1:]
        } | {"lisa_class": style.categories("local_moran", "lisa_class", lang="ja")}
    told = {
        "styles": styles,
        "notices": list(result.notices["ja"]),
        "labels": {name: one.label["ja"] for name, one in meant.items()},
    }
    (folder / "styles.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
