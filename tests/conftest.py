"""Settings of all tests."""

import os

from hypothesis import settings

# Before anything imports numba: esda's kernels compile for 24 s in every process.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

# A busy machine is no fault of the code: no test fails for the time of one example.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
