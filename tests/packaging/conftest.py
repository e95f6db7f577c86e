"""What is built once per run, and the environments it is installed in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.packaging.environments import Environment, copy_checkout, create
from tools.odoo import Odoo, OdooInstance
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import ROLE, Postgres

BUILD = "from setuptools import build_meta; print(build_meta.build_{}('{}'))"


def build(kind: str, checkout: Path, target: Path) -> Path:
    """Build a wheel or an sdist of a source tree through the hooks that pip uses."""
    command = [str(VENV_PYTHON), "-c", BUILD.format(kind, target)]
    output = subprocess.check_output(command, cwd=checkout, text=True)
    return target / output.splitlines()[-1]


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


@pytest.fixture(scope="session")
def conf(postgres: Postgres, run_dir: Path) -> Path:
    """Odoo's conf file, which does not say where our addons are."""
    path = run_dir / "packaging.conf"
    lines = [
        f"db_host = {postgres.socket_dir}", f"db_port = {postgres.port}", f"db_user = {ROLE}",
        f"data_dir = {run_dir / 'packaging-data'}", "http_interface = 127.0.0.1",
        "max_cron_threads = 0",
    ]
    path.write_text("\n".join(["[options]", *lines, ""]), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def without_us(run_dir: Path) -> Environment:
    """An environment with Odoo's requirements, but without this distribution."""
    environment = create(run_dir / "without-us")
    environment.link_requirements()
    return environment


@pytest.fixture(scope="session")
def odoo_only(without_us: Environment, unpacked: Odoo, conf: Path) -> str:
    """A database to clone, with Odoo's web client and none of our addons."""
    name = "odoo_only"
    without_us.output(
        without_us.python, unpacked.script, "-c", conf, "-d", name, "-i", "web", "--no-http",
        "--stop-after-init", env=unpacked.env,
    )
    return name
