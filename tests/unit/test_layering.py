"""Which room of the house may know which: imports run one way, and the pure rooms stay pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "pgsocketio"
ADDONS = ("web_socketio", "web_longpolling")

# Each may import, when it runs, only what stands on a line above its own, and of its own line
# nothing. Pure: no gevent, no psycopg2, no I/O.
PURE = [
    "errors runtime quiet_log measure rates",
    "message position",
    "packet wire",
    "adapter members config backlog busy_log",
    "routes bounds",
    "hub",
    "mailbox progress",
    "shown settings scope",
    "reader",
    "feed",
    "subscription jobs namespace",
    "listeners",
    "socket",
    "client",
    "server",
]
WITH_POSTGRESQL = [
    "log log.schema log.reader log.publisher",
    "follower",
    "listener backplane nodes",
    "database remote tail",
    "commands.tail commands.emit commands.sockets commands.kick commands.configure",
    "commands",
    "cli",
]
WITH_FILES = ["files"]
WITH_GEVENT = ["green", "blocking", "lifecycle"]
WITH_ENGINE = ["lifecycle"]
WITH_BOTH = ["green_postgres"]
WITH_PROMETHEUS = [
    "monitor.metric", "monitor.state monitor.supervisor monitor.metrics monitor.pages", "monitor",
]  # fmt: skip
LAYERS = [*PURE, *WITH_FILES, *WITH_POSTGRESQL, *WITH_GEVENT, *WITH_BOTH, *WITH_PROMETHEUS]
PLACE = {name: number for number, line in enumerate(LAYERS) for name in line.split()}
PURE_MODULES = [name for line in PURE for name in line.split()]
WORLD = {
    "gevent", "greenlet", "psycopg2", "odoo", "tg", "websockets", "httptools", "engineio",
    "prometheus_client",
}  # fmt: skip


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs: also inside functions, but not under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if not _is_for_types_only(node):
            yield node
            yield from _nodes(node)


def imports(path: Path, package: str) -> set[str]:
    """Full names of the modules that a file imports when it runs."""
    found = set()
    for node in _nodes(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            prefix = ".".join(base) if node.level else ""
            module = ".".join(filter(None, [prefix, node.module]))
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def modules(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*.py") if "static" not in path.parts)


def core_name(path: Path) -> str:
    return ".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")


def core_imports(path: Path) -> set[str]:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    ours = {name.removeprefix("pgsocketio.") for name in imports(path, package)}
    return {name for name in ours if name in PLACE or name.split(".")[0] in ("engine", "testing")}


LISTED = [path for path in modules(CORE) if core_name(path) in PLACE]


def test_every_module_of_the_core_has_its_place() -> None:
    names = {core_name(path) for path in modules(CORE)} - {"__init__"}
    rooms = {name for name in names if name.split(".")[0] not in ("engine", "testing")}
    assert rooms == set(PLACE)


@pytest.mark.parametrize("path", LISTED, ids=core_name)
def test_imports_run_one_way(path: Path) -> None:
    place = PLACE[core_name(path)]
    for name in core_imports(path):
        if name.split(".")[0] == "engine" and core_name(path) in WITH_ENGINE:
            continue
        assert name in PLACE, f"{path.name} imports {name}"
        if name not in ("log", "monitor"):
            assert PLACE[name] < place, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", modules(CORE), ids=core_name)
def test_each_library_is_known_by_one_room(path: Path) -> None:
    name = core_name(path)
    known = {module.split(".")[0] for module in imports(path, "")} & WORLD
    allowed: set[str] = set()
    if name.split(".")[0] == "engine":
        allowed = {"gevent", "websockets", "httptools"}
    elif name in " ".join(WITH_POSTGRESQL).split():
        allowed = {"psycopg2"}
    elif name in WITH_GEVENT:
        allowed = {"gevent"}
    elif name in WITH_BOTH:
        allowed = {"gevent", "psycopg2"}
    elif name.split(".")[0] == "monitor":
        allowed = {"gevent", "prometheus_client"}
    assert known <= allowed


@pytest.mark.parametrize("path", modules(CORE / "engine"), ids=core_name)
def test_the_engine_knows_nothing_of_what_it_carries(path: Path) -> None:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    ours = {name for name in imports(path, package) if name.startswith("pgsocketio")}
    allowed = ("pgsocketio.engine", "pgsocketio.errors", "pgsocketio.quiet_log", "pgsocketio.rates")
    assert all(name == "pgsocketio" or name.startswith(allowed) for name in ours)


def test_importing_the_pure_rooms_brings_in_nothing_else() -> None:
    names = [f"pgsocketio.{name}" for name in PURE_MODULES] + ["pgsocketio.testing"]
    program = f"""
import importlib, sys, threading
for name in {names!r}:
    importlib.import_module(name)
known = {{module.split('.')[0] for module in sys.modules}} & {WORLD!r}
engine = [module for module in sys.modules if module.startswith('pgsocketio.engine')]
assert not known and not engine, (known, engine)
assert threading.active_count() == 1
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def _identifiers(tree: ast.AST) -> Iterator[str]:
    """What code is made of, comments and texts aside."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "module", "arg"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield from value.lower().replace("_", ".").split(".")


@pytest.mark.parametrize("path", modules(CORE), ids=core_name)
def test_the_core_names_no_framework(path: Path) -> None:
    words = set(_identifiers(ast.parse(path.read_text("utf-8"))))
    assert not words & {"odoo", "openerp", "tg", "turbogears"}


ADDON_MODULES = [path for addon in ADDONS for path in modules(ROOT / addon)
                 if "tests" not in path.parts]  # fmt: skip


@pytest.mark.parametrize("path", ADDON_MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_addons_start_nothing_in_odoos_workers(path: Path) -> None:
    """Every HTTP worker imports them: no gevent, no engine, no server, no launcher."""
    forbidden = ("gevent", "greenlet", "oe_web_socketio", "pgsocketio.engine", "pgsocketio.green",
                 "pgsocketio.server", "pgsocketio.socket", "pgsocketio.listener",
                 "pgsocketio.database", "pgsocketio.client")  # fmt: skip
    for name in imports(path, ""):
        assert not any(name == one or name.startswith(f"{one}.") for one in forbidden), name


def test_the_check_itself_sees_imports_wherever_they_are(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import types_only\n"
        "def f():\n    try:\n        import hidden\n    except ImportError:\n        pass\n"
        "from . import sibling\nfrom ..above import thing\n"
    )
    found = imports(path, "one.two")
    assert {"hidden", "one.two.sibling", "one.above", "one.above.thing"} <= found
    assert "types_only" not in found
