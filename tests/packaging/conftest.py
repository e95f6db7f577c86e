"""What is built once per run, and the environments it is installed in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.packaging.environments import Environment, copy_checkout, create
from tools.odoo import Odoo, OdooInstance
from tools.paths import ROOT, VENV_PYTHON

BUILD = "from setuptools import build_meta; print(build_meta.build_{}('{}'))"


def build(kind: str, checkout: Path, target: Path) -> Path:
    """Build a wheel or an sdist of a source tree through the hooks that pip uses."""
    command = [VENV_PYTHON, "-c", BUILD.format(kind, target)]
    output = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    return target / output.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def checkout(run_dir: Path) -> Path:
    """A copy of the checkout as it is after a clone."""
    return copy_checkout(run_dir / "checkout", ROOT)


@pytest.fixture(scope="session")
def wheel(checkout: Path, run_dir: Path) -> Path:
    """The wheel built from the checkout."""
    return build("wheel", checkout, run_dir)


@pytest.fixture(scope="session")
def sdist(checkout: Path, run_dir: Path) -> Path:
    """The source distribution built from the checkout."""
    return build("sdist", checkout, run_dir)


@pytest.fixture(scope="session")
def bare(wheel: Path, run_dir: Path) -> Environment:
    """An environment with the wheel and what it declares to need, and nothing of Odoo's."""
    environment = create(run_dir / "bare")
    environment.pip(f"{wheel}[postgres]")
    return environment


@pytest.fixture(scope="session")
def installed(wheel: Path, run_dir: Path) -> Environment:
    """An environment with Odoo's requirements and the wheel, but without Odoo."""
    environment = create(run_dir / "installed")
    environment.link_requirements()
    environment.pip(wheel)
    return environment


@pytest.fixture(scope="session")
def unpacked(odoo_instance: OdooInstance) -> Odoo:
    """Odoo as the tests have it: Debian's package, unpacked."""
    return odoo_instance.odoo
