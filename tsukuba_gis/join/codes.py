"""Area codes and names into zones."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.join.assignment import STATUSES, Assignment, assignment

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.zones import Zones


def match_codes(codes: pd.Series[str], zones: Zones) -> Assignment:
    """Return the zone that each record names by id, or else by name.

    Parameters
    ----------
    codes
        Zone ids or names, text; full-width letters and digits and outer blanks
        do not matter. NA and blank are missing.
    zones
        The zones. A name that two zones bear decides nothing: such records
        stay outside.

    Returns
    -------
    Assignment
        On the index of ``codes``. ``"outside"`` are the codes that no zone has.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> wards = pd.Series(["082200020", "谷田部", "どこか", None])
    >>> found = match_codes(wards, load_boundaries("small_area"))
    >>> list(found.zone_ids.astype(object).fillna("-"))
    ['082200020', '08220001000', '-', '-']
    >>> found.report.matched, found.report.outside, found.report.missing
    (2, 1, 1)
    """
    number, different = codes.factorize()
    asked = np.array([_plain(code) for code in different], dtype=object)
    ids = {_plain(zone_id): row for row, zone_id in enumerate(zones.ids)}
    plain_names = zones.names.map(_plain)
    once = ~plain_names.duplicated(keep=False).to_numpy()
    named = {name: row for row, name in enumerate(plain_names) if once[row]}
    known = np.array([ids.get(code, named.get(code, -1)) for code in asked], dtype=np.int32)
    blank = np.array([code == "" for code in asked], dtype=bool)

    # The last place, −1, stands for a missing code.
    rows = np.append(known, np.int32(-1))[number]
    missing = np.append(blank, True)[number]
    status = np.where(rows < 0, STATUSES.index("outside"), STATUSES.index("matched"))
    status[missing] = STATUSES.index("missing")
    return assignment(rows, status.astype(np.int8), codes.index, zones=zones, method="code")


def _plain(code: object) -> str:
    return unicodedata.normalize("NFKC", str(code)).strip()
