"""Imports point one way: ground < nouns < leaves < composition < outputs < skins."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tsukuba_gis"

FLOORS = {
    "ground": ["messages", "errors", "schema", "second_process"],
    "nouns": ["neighbours", "preview", "records", "zones", "tables", "result"],
    "leaves": [
        "autocorrelation",
        "boundaries",
        "classes",
        "cohort",
        "correlation",
        "demo",
        "economy",
        "indicators",
        "io",
        "join",
        "migration",
        "pseudo",
        "point_patterns",
        "publishing",
        "rates",
        "reading",
        "regions",
        "regression",
        "weights",
    ],
    "composition": ["scale", "study"],
    "outputs": ["figures", "maps", "report"],
    "skins": ["cli", "worker", "__main__", "__init__"],
}
ORDER = list(FLOORS)
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}

# Leaves do not know each other, but for these, each with its reason.
BETWEEN_LEAVES: dict[tuple[str, str], str] = {
    ("autocorrelation", "weights"): "a correlogram needs the neighbours of neighbours",
    ("regression", "autocorrelation"): "residuals are tested for what neighbours have in common",
    ("pseudo", "autocorrelation"): "the certificate sets the classes of local Moran side by side",
    ("demo", "boundaries"): "the invented register lives in the bundled areas",
}
# Outputs read results; these leaves hold what is shown, and touch no record.
FOR_OUTPUTS = {"classes", "publishing", "reading"}


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules(path):
    """Modules that a file imports, inside functions and for typing too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            place = (PACKAGE.parent / (node.module or "").replace(".", "/")).is_dir()
            yield from (
                f"{node.module}.{alias.name}" if place else node.module for alias in node.names
            )


def imports(path):
    """Rooms of the package that a file imports."""
    for name in modules(path):
        parts = name.split(".")
        if parts[0] == "tsukuba_gis" and len(parts) > 1:
            yield parts[1]


def allowed(importer, imported):
    if importer == imported or imported == "__version__":
        return True
    here, there = ORDER.index(FLOOR_OF[importer]), ORDER.index(FLOOR_OF[imported])
    if FLOOR_OF[importer] == "leaves" == FLOOR_OF[imported]:
        return (importer, imported) in BETWEEN_LEAVES
    if FLOOR_OF[importer] == "outputs":
        # maps and report read the result, never records, leaves or the study
        return (
            FLOOR_OF[imported] in ("ground", "outputs")
            or imported in ("result", "zones")
            or imported in FOR_OUTPUTS
            or imported == "records"  # the kind of the records, a word; see the next test
        )
    if here == there:
        return FLOOR_OF[importer] in ("ground", "nouns", "skins")
    return here > there


FILES = sorted(path for path in PACKAGE.rglob("*.py") if "_vendor" not in path.parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    importer = room_of(path)
    assert importer in FLOOR_OF, (
        f"{importer} has no floor: add it to FLOORS and docs/architecture.md"
    )
    wrong = sorted({there for there in imports(path) if not allowed(importer, there)})
    assert not wrong, f"{importer} may not import {wrong}"


def test_a_planted_wrong_import_is_found(tmp_path):
    planted = tmp_path / "tables.py"
    planted.write_text("def f():\n    from tsukuba_gis.study import run\n", encoding="utf-8")
    assert [there for there in imports(planted) if not allowed("tables", there)] == ["study"]


def test_outputs_never_see_a_person():
    """Outputs may name the kind of records, but take no Records."""
    for path in FILES:
        if FLOOR_OF.get(room_of(path)) == "outputs":
            assert "import Records" not in path.read_text(encoding="utf-8"), path.name


def circle(edges):
    """Return the arrows that are left when those to whoever imports nothing are taken away."""
    while True:
        importing = {a for a, _ in edges}
        ends = {(a, b) for a, b in edges if b not in importing}
        if not ends:
            return sorted(edges)
        edges = edges - ends


def test_rooms_do_not_import_in_a_circle():
    edges = {
        (room_of(path), there)
        for path in FILES
        for there in imports(path)
        if room_of(path) != there
    }
    assert circle(edges) == []


FOLDERS = sorted({path.parent for path in FILES} - {PACKAGE})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_inside_a_room_nothing_imports_in_a_circle(folder):
    """Files of a folder, and its folders as a whole; for typing too."""
    own = ".".join((PACKAGE.name, *folder.relative_to(PACKAGE).parts))
    inside = {path.name.removesuffix(".py") for path in folder.iterdir()}
    edges = set()
    for path in folder.rglob("*.py"):
        here = path.relative_to(folder).parts[0].removesuffix(".py")
        for module in modules(path):
            if module.startswith(f"{own}."):
                there = module.removeprefix(f"{own}.").split(".")[0]
                edges.add((here, there if there in inside else "__init__"))
    assert circle({(a, b) for a, b in edges if a != b}) == []


def test_a_planted_circle_is_found():
    assert circle({("a", "b"), ("b", "c"), ("c", "a"), ("a", "d"), ("d", "e")}) == [
        ("a", "b"), ("b", "c"), ("c", "a"),
    ]  # fmt: skip


def test_every_room_stands_in_the_architecture_document():
    document = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {room_of(path) for path in FILES} - {"__init__", "__main__"}
    missing = sorted(room for room in rooms if f"`{room}`" not in document)
    assert not missing, f"docs/architecture.md does not name {missing}"
