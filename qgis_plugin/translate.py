"""Bring the translation file up to date: python3 qgis_plugin/translate.py.

Keeps the translations that are there, marks new texts as unfinished and drops
old ones; then ``lrelease i18n/tsukuba_gis_ja.ts`` makes the .qm that is committed.
"""

import ast
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

PLUGIN = Path(__file__).parent / "tsukuba_gis_qgis"
FILE = PLUGIN / "i18n" / "tsukuba_gis_ja.ts"
CONTEXT = "TsukubaGis"


def texts(folder: Path = PLUGIN) -> list[str]:
    """Return every text that is shown: of tools.json, and in ``tr("…")`` of the code."""
    found = dict.fromkeys(declared(json.loads((folder / "tools.json").read_text("utf-8"))))
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                (argument,) = node.args
                if isinstance(argument, ast.Constant):
                    found[argument.value] = None
    return list(found)


def declared(told: dict[str, Any]) -> list[str]:
    """Return the texts of a declaration: groups, choices, titles, names and tooltips."""
    found = [*told["groups"].values()]
    for words in told["choices"].values():
        found += words.values()
    tools = list(told["tools"].values())
    found += (tool["title"] for tool in tools)
    for entries in (*told["shared"].values(), *(tool["parameters"] for tool in tools)):
        for one in entries:
            if isinstance(one, dict):
                found += (one[key] for key in ("text", "tip") if key in one)
                found += [one["default"]] if one["type"] == "text" else []
    return found


def translations(path: Path = FILE) -> dict[str, str]:
    """Return the finished translations of a file."""
    if not path.exists():
        return {}
    messages = ET.parse(path).getroot().iter("message")
    return {m.findtext("source", ""): m.findtext("translation", "") for m in messages}


def write(known: dict[str, str], path: Path = FILE) -> list[str]:
    """Write the file; return the texts that have no translation yet."""
    root = ET.Element("TS", version="2.1", language="ja", sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    lacking = []
    for text in texts():
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "source").text = text
        translation = ET.SubElement(message, "translation")
        translation.text = known.get(text) or None
        if translation.text is None:
            translation.set("type", "unfinished")
            lacking.append(text)
    ET.indent(root)
    head = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
    path.write_text(head + ET.tostring(root, encoding="unicode") + "\n", encoding="utf-8")
    return lacking


if __name__ == "__main__":
    for text in write(translations()):
        print("unfinished:", text)
