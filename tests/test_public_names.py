"""The names that ``import tsukuba_gis`` gives, each loaded when first used."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import tsukuba_gis as tg

MODULES = {path.stem for path in Path(tg.__file__).parent.iterdir()}


@pytest.mark.parametrize("name", tg.__all__)
def test_every_name_is_there_the_second_time_too(name):
    first = getattr(tg, name)
    importlib.import_module("tsukuba_gis.study")  # importing a module sets its name on the package
    assert getattr(tg, name) is first
    assert name in dir(tg)


def test_no_public_name_is_that_of_a_module():
    """Importing the module would hide the function."""
    assert not MODULES & set(tg.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'happiness'"):
        _ = tg.happiness


def test_import_is_light():
    code = (
        "import sys, tsukuba_gis;"
        "sys.exit(' '.join({'numpy', 'pandas', 'geopandas'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
