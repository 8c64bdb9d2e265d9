"""Settings of all tests."""

import os

import pytest
from hypothesis import settings

# Before anything imports numba: esda's kernels compile for 24 s in every process.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

# A busy machine is no fault of the code: no test fails for the time of one example.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def page_path(tmp_path_factory):
    """A page with every part, of forty small areas."""
    from results import full_result

    from tsukuba_gis.report.page import write_page

    path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(full_result(40), path)
    return path
