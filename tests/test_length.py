"""No function is over 40 lines of code without a comment that says why; no other has one."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tsukuba_gis"
MOST = 40
QUIET = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def code_lines(text):
    """Numbers of the lines that hold code: no blank, no comment."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        line
        for token in tokens
        if token.type not in QUIET
        for line in range(token.start[0], token.end[0] + 1)
    }


def long_functions(text):
    """Functions that are long without a reason, or have a reason and are not long."""
    lines = code_lines(text)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef):
            continue
        own = {line for line in lines if node.lineno <= line <= node.end_lineno}
        if ast.get_docstring(node) is not None:
            own -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        own_lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
        if (len(own) > MOST) != any("# Long:" in line for line in own_lines):
            yield f"{node.name} ({len(own)})"


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_functions_are_short(path):
    assert list(long_functions(path.read_text(encoding="utf-8"))) == []


def test_a_long_function_is_found_and_a_reason_is_accepted():
    body = "".join(f"    x{i} = {i}\n" for i in range(MOST))
    assert list(long_functions(f'def f():\n    """Doc."""\n{body}')) == [f"f ({MOST + 1})"]
    assert list(long_functions(f"def f():\n    # Long: a table.\n{body}")) == []
    assert list(long_functions("def f():\n    # Long: once.\n    x = 1\n")) == ["f (2)"]
