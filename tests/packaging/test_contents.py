"""What the wheel and the source distribution carry."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.packaging.conftest import build
from tools.paths import REQUIREMENTS

FOLDERS = {
    "pgsocketio": "pgsocketio",
    "oe_web_socketio": "oe_web_socketio",
    "web_socketio": "odoo/addons/web_socketio",
    "web_longpolling": "odoo/addons/web_longpolling",
}


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_wheel_has_every_file_of_the_packages_and_nothing_else(checkout: Path, wheel: Path) -> None:
    wanted = {
        f"{target}/{path.relative_to(checkout / folder).as_posix()}"
        for folder, target in FOLDERS.items()
        for path in (checkout / folder).rglob("*") if path.is_file()
    }
    assert {name for name in names(wheel) if ".dist-info/" not in name} == wanted


def test_wheel_leaves_odoo_a_namespace(wheel: Path) -> None:
    assert not {"odoo/__init__.py", "odoo/addons/__init__.py"} & names(wheel)
    assert wheel.name.endswith("-py3-none-any.whl")


def test_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(sdist, tmp_path)
    (source,) = tmp_path.iterdir()
    assert {path.name for path in source.iterdir()} >= {"LICENSE", "CHANGELOG.md", "README.md"}
    again = build("wheel", source, tmp_path)
    assert names(again) == names(wheel)


def test_wheel_carries_the_licences(wheel: Path, metadata: Message) -> None:
    assert metadata["License-Expression"] == "LGPL-3.0-or-later AND MIT"
    with zipfile.ZipFile(wheel) as archive:
        texts = [archive.read(f"{name}").decode() for name in names(wheel) if "/licenses/" in name]
    for title in ("GNU LESSER GENERAL PUBLIC", "GNU GENERAL PUBLIC LICENSE", "MIT License"):
        assert any(title in text for text in texts), title


def test_requirements_for_development_are_those_of_the_wheel(metadata: Message) -> None:
    lines = (REQUIREMENTS / "runtime.txt").read_text(encoding="utf-8").splitlines()
    ours = bounds(line for line in lines if not line.startswith("#"))
    assert bounds(metadata.get_all("Requires-Dist", [])) == ours


def bounds(lines: Iterable[str]) -> dict[str, SpecifierSet]:
    """Return the versions that requirements allow, by name."""
    return {parsed.name: parsed.specifier for parsed in map(Requirement, lines)}
