"""What the addons' manifests say, Odoo understands wherever it runs."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MANIFESTS = [*ROOT.glob("web_*/__manifest__.py"), *ROOT.glob("examples/web_*/__manifest__.py")]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_dependencies_are_parsed_without_the_package_packaging(path: Path) -> None:
    """Odoo needs it for any other name, and a fresh environment of Odoo's does not have it."""
    manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
    for name in manifest.get("external_dependencies", {}).get("python", []):
        assert re.fullmatch(r"[\w\-]+", name)
        assert importlib.metadata.version(name)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_versions_are_those_of_the_series(path: Path) -> None:
    manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", manifest["version"])
