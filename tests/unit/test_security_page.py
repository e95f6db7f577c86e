"""The table of threats in docs/security names tests that exist."""

from __future__ import annotations

import ast
import re

import pytest

from tools.paths import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Threats, defences, tests")[2].partition("\n## ")[0]
ROWS = [line.split("|")[1:-1] for line in TABLE.splitlines() if line.startswith("| ")][2:]


def functions(path: str) -> set[str]:
    """The names of all functions of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_there_is_a_table() -> None:
    assert len(ROWS) > 25


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_each_threat_has_a_defence_and_tests_that_exist(row: list[str]) -> None:
    _threat, defence, tests = (cell.strip() for cell in row)
    assert defence
    names = re.findall(r"`([\w/]+\.py)::(\w+)`", tests)
    assert names
    for path, name in names:
        assert name in functions(path), f"{path} has no {name}"
