"""Study files for tests of pseudo records: a register beside the file, and the rules for it."""

import json

# The register's columns by their parts, as the bundled register calls them.
COLUMNS = {
    "household": "household_id", "person": "person_id", "care": "care_level",
    "household_type": "household_type", "relation": "relation", "sums": ["medical_cost"],
}  # fmt: skip


def write_study(folder, *, kind, zones, study=None, **rules):
    """Write ``study.toml`` for ``register.parquet``; ``rules`` are further keys of [pseudo]."""
    tables = [("[study]", study or {}), ("[records]", {"path": "register.parquet", "kind": kind})]
    tables += [("[[zones]]", {"kind": zone}) for zone in zones]
    tables += [("[pseudo]", COLUMNS | rules)]
    lines = [
        line
        for name, keys in tables
        for line in (name, *(f"{key} = {json.dumps(value)}" for key, value in keys.items()))
    ]
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")
