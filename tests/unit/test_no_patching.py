"""Nothing of Odoo is replaced at run time: its classes are inherited, its registries added to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("web_socketio", "web_longpolling", "oe_web_socketio", "examples")
    for path in (ROOT / folder).rglob("*.py")
    if "tests" not in path.relative_to(ROOT).parts
]
# What Odoo's own gevent server sets to say that it is one.
ALLOWED = {("oe_web_socketio/boot.py", "odoo.evented")}


def of_odoo(tree: ast.AST) -> set[str]:
    """The names that a module imports from Odoo."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(one.asname or one.name).split(".")[0] for one in node.names
                      if one.name.split(".")[0] == "odoo"}  # fmt: skip
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "odoo":
            if not (node.module or "").startswith("odoo.addons.web_"):
                names |= {one.asname or one.name for one in node.names}
    return names


def root_of(node: ast.expr) -> str:
    """``a`` of ``a.b.c``."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def patches(tree: ast.AST) -> Iterator[str]:
    """What of Odoo's a module sets, deletes, or hands to ``setattr`` or ``patch``."""
    names = of_odoo(tree)
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, (ast.Assign, ast.Delete)):
            targets = [one for one in node.targets if isinstance(one, ast.Attribute)]
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target] if isinstance(node.target, ast.Attribute) else []
        elif isinstance(node, ast.Call):
            function = ast.unparse(node.func)
            if re.search(r"(^|\.)(setattr|delattr|patch|patch\.object)$", function):
                targets = node.args[:1]
        yield from (ast.unparse(one) for one in targets if root_of(one) in names)


def test_no_python_patches_odoo() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), patched)
        for path in SOURCES
        for patched in patches(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "text, patched",
    [
        ("from odoo.http import Request\nRequest.dispatch = None", ["Request.dispatch"]),
        ("import odoo.http as http\nhttp.root.session_store = 1", ["http.root.session_store"]),
        ("from odoo import http\nsetattr(http.Request, 'x', 1)", ["http.Request"]),
        ("from odoo import http\nmock.patch.object(http, 'x')", ["http"]),
        ("from odoo import fields\nname = fields.Char()\nname.x = 1", []),
    ],
)
def test_the_search_finds_what_patches(text: str, patched: list[str]) -> None:
    assert list(patches(ast.parse(text))) == patched


def test_no_javascript_of_the_addons_patches_odoos() -> None:
    files = [path for name in ("web_socketio", "web_longpolling")
             for path in (ROOT / name / "static" / "src").rglob("*.js")]  # fmt: skip
    assert files
    pattern = re.compile(r"import .*core/utils/patch|^\s*[\w.]+\.prototype\.\w+ = ", re.MULTILINE)
    assert [path.name for path in files if pattern.search(path.read_text("utf-8"))] == []
