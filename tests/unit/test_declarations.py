"""The TypeScript declarations name what the JavaScript beside them has, and reach no page."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tools.paths import ROOT

ADDONS = [ROOT / "web_socketio", ROOT / "web_longpolling"]
DECLARED = sorted(path for addon in ADDONS for path in (addon / "static").rglob("*.d.ts"))
MODULES = [path for path in DECLARED if path.parent.name != "@types"]
EXPORT = re.compile(r"^export (?:class|const|(?:async )?function) (\w+)", re.MULTILINE)
CLASS = r"^(?:export )?{keyword} {name}\b[^\n]*\{{\n(.*?)^\}}"
MEMBER = re.compile(r"^    (?:async |get |readonly |static )*(\w+)[?<(:]", re.MULTILINE)


def members(text: str, keyword: str, name: str) -> set[str]:
    """Return the names of a class's own public methods and accessors."""
    body = re.search(CLASS.format(keyword=keyword, name=name), text, re.MULTILINE | re.DOTALL)
    assert body, f"there is no {keyword} {name}"
    return {member for member in MEMBER.findall(body[1]) if not member.startswith("_")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_what_is_declared_is_exported(path: Path) -> None:
    code = path.with_name(path.name.replace(".d.ts", ".js")).read_text(encoding="utf-8")
    declared = EXPORT.findall(path.read_text(encoding="utf-8"))
    assert declared
    assert set(declared) <= set(EXPORT.findall(code))


@pytest.mark.parametrize(
    ("module", "name", "keyword", "differ"),
    [
        ("socketio", "SocketIO", "class", {"namespace", "timeout"}),  # set by the constructor
        ("errors", "SocketIOError", "class", {"name"}),
        ("live", "Follow", "interface", {"constructor", "started", "tell"}),
    ],
)
def test_a_class_is_declared_whole(module: str, name: str, keyword: str, differ: set[str]) -> None:
    path = ROOT / "web_socketio" / "static" / "src" / module
    declared, written = (path.with_suffix(suffix).read_text("utf-8") for suffix in (".d.ts", ".js"))
    assert members(declared, keyword, name) ^ members(written, "class", name) == differ


def test_no_bundle_takes_them() -> None:
    for addon in ADDONS:
        manifest = ast.literal_eval((addon / "__manifest__.py").read_text(encoding="utf-8"))
        entries = [entry for bundle in manifest["assets"].values() for entry in bundle]
        globs = [entry if isinstance(entry, str) else entry[-1] for entry in entries]
        for path in DECLARED:
            assert not [glob for glob in globs if fnmatch(str(path.relative_to(ROOT)), glob)]
