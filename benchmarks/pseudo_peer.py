"""One way of making pseudo records, alone in its process: ``pseudo_peer.py NAME IN.csv OUT.csv``.

Called by ``benchmarks/pseudo.py --peers``; ``synthpop`` and ``copulas`` run under the
Python that has them, the others under this package's.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

TEXT = ["school_district", "small_area", "sex", "household_type", "relation", "care_level"]
NUMBERS = ["age", "claims", "medical_cost", "bmi", "sbp", "hba1c"]
KEY = "benchmark: f3b1 c0de 9a77 0e5d"


def ours(frame):
    """Measure, audit, generate."""
    from tsukuba_gis.pseudo.audit import audit
    from tsukuba_gis.pseudo.generate import generate
    from tsukuba_gis.pseudo.measure import measure
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.records import Records

    records = Records(frame=frame, kind="invented")
    return generate(audit(measure(records, Spec.tsukuba())), key=KEY).frame


def swap(frame):
    """Swap inside cells."""
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.swap import swap as compute
    from tsukuba_gis.records import Records

    return compute(Records(frame=frame, kind="invented"), Spec.tsukuba(), key=KEY).records.frame


def rank_swap(frame, share=0.05):
    """Plain rank swapping: each number and the care level with one of the nearest 5 % of ranks."""
    rng = np.random.default_rng(1)
    made = frame.copy()
    for column in [*NUMBERS, "care_level"]:
        order = np.lexsort((rng.random(len(frame)), frame[column]))
        near = np.arange(len(order)) + rng.uniform(0, share * len(order), len(order))
        made.loc[order, column] = frame[column].to_numpy()[order[np.argsort(near)]]
    return made


def synthpop(frame):
    """CART, column by column."""
    from synthpop import Synthesiser

    maker = Synthesiser(random_seed=1)
    frame = frame[TEXT + NUMBERS]
    maker.fit(frame)
    made = maker.generate(len(frame))
    return made if isinstance(made, pd.DataFrame) else pd.DataFrame(made, columns=frame.columns)


def copulas(frame):
    """A Gaussian copula over codes and numbers; missing values at the median, then put back."""
    from copulas.multivariate import GaussianMultivariate
    from copulas.univariate import GaussianKDE, GaussianUnivariate  # noqa: F401

    coded = frame[NUMBERS].astype(float)
    names = {}
    for column in TEXT:
        code, names[column] = pd.factorize(frame[column], sort=True)
        coded[column] = code + np.random.default_rng(1).random(len(code)) - 0.5
    gone = coded.isna()
    model = GaussianMultivariate(distribution=GaussianUnivariate, random_state=1)
    model.fit(coded.fillna(coded.median()))
    made = model.sample(len(frame))
    for column in TEXT:
        top = len(names[column]) - 1
        made[column] = names[column][made[column].round().clip(0, top).astype(int)]
    for column in NUMBERS:
        made[column] = made[column].clip(lower=0).round(1 if column in ("bmi", "hba1c") else 0)
        made.loc[gone[column].to_numpy(), column] = np.nan
    made["age"] = made["age"].clip(0, 110).astype(int)
    return made


if __name__ == "__main__":
    name, source, target = sys.argv[1:]
    read = pd.read_csv(source, dtype=dict.fromkeys([*TEXT, "household_id", "person_id"], str))
    globals()[name](read).to_csv(target, index=False)
    # The peak of this process alone: what the parent held at the fork is not counted.
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    Path(f"{target}.peak").write_text(peak.split()[1])
