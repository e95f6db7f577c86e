"""The distribution tgext.socketio: what it contains, and its neighbours in the namespace tgext."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tools.paths import ROOT, VENV_PYTHON
from tools.turbogears import EXTENSION, neighbours
from tools.venv import venv_command

NAMES = ("tgext.socketio", "tgext.debugbar", "tgext.formencode")
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('{}'))"
CHECK = """
from importlib.util import find_spec
assert all(find_spec(name) for name in {names}), [find_spec(name) for name in {names}]
"""


@pytest.fixture(scope="module")
def source(run_dir: Path) -> Path:
    """A copy of the distribution's sources, to build in."""
    ignored = shutil.ignore_patterns("*.egg-info", "build", "__pycache__")
    return Path(shutil.copytree(EXTENSION, run_dir / "tgext-source", ignore=ignored))


@pytest.fixture(scope="module")
def wheel(source: Path, run_dir: Path) -> Path:
    """Its wheel."""
    command = [str(VENV_PYTHON), "-c", BUILD.format(run_dir)]
    output = subprocess.check_output(command, cwd=source, text=True)
    return run_dir / output.splitlines()[-1]


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "tgext/__init__.py" not in names
    assert {name.split("/")[0] for name in names} == {"tgext", "tgext_socketio-0.1.0.dist-info"}
    files = {name.removeprefix("tgext/socketio/") for name in names if name.startswith("tgext/")}
    for wanted in ("server.py", "py.typed", "static/socket.io.min.js", "static/tgext.socketio.js"):
        assert wanted in files


def test_the_wheel_asks_for_neither_odoo_nor_psycopg2(wheel: Path) -> None:
    metadata = zipfile.ZipFile(wheel).read("tgext_socketio-0.1.0.dist-info/METADATA").decode()
    required = [
        line.split(": ")[1] for line in metadata.splitlines()
        if line.startswith("Requires-Dist") and "extra ==" not in line
    ]  # fmt: skip
    assert sorted(name.split(">")[0].split("<")[0] for name in required) == [
        "PasteDeploy", "TurboGears2", "oe.web.socketio"
    ]  # fmt: skip


def test_it_carries_the_same_client_as_the_addon() -> None:
    ours = EXTENSION / "tgext" / "socketio" / "static" / "socket.io.min.js"
    addon = ROOT / "web_socketio" / "static" / "lib" / "socket.io" / "socket.io.min.js"
    assert ours.read_bytes() == addon.read_bytes()


ORDERS = {
    "ours_first": NAMES,
    "ours_between": (NAMES[1], NAMES[0], NAMES[2]),
    "ours_last": NAMES[::-1],
}


@pytest.mark.parametrize("editable", [False, True], ids=["wheel", "editable"])
@pytest.mark.parametrize("order", ORDERS)
def test_it_lives_beside_other_extensions(
    wheel: Path, source: Path, tmp_path: Path, order: str, editable: bool
) -> None:
    subprocess.run([*venv_command(str(VENV_PYTHON)), tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip(python, "setuptools", "wheel")
    ours = ["--no-build-isolation", "-e", source] if editable else [wheel]
    for number, name in enumerate(ORDERS[order], 1):
        pip(python, *(ours if name == NAMES[0] else [name]))
        program = CHECK.format(names=ORDERS[order][:number])
        subprocess.run([python, "-c", program], check=True)


def pip(python: Path, *arguments: object) -> None:
    """Let pip install these and nothing else, without a network."""
    options = ["--quiet", "--upgrade", "--no-deps", "--no-index", "--find-links", neighbours()]
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", *options, *arguments]
    subprocess.run(list(map(str, command)), check=True)
