"""The commands of the wheel with each kind of Odoo, and without one.

Not tested: the wheel installed into Debian's own Python, for whose Odoo package the machine would
need Debian's sid. Its place is tested: where the package puts Odoo is looked at when nothing else
has it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.environments import (
    Environment,
    create,
    install_odoo,
    link_all,
    source_checkout,
)
from tools.odoo import Odoo

VERSION = "Odoo Server 19."
WITH_DEBIAN_AT = """
import sys
from pathlib import Path
from oe_web_socketio import cli, locate, oe

assert locate.DEBIAN == Path("/usr/lib/python3/dist-packages")
locate.DEBIAN = Path(sys.argv.pop(1))
{}.main()
"""
IMPORT_CORE = """
import importlib, pkgutil, sys
import pgsocketio

for module in pkgutil.walk_packages(pgsocketio.__path__, "pgsocketio."):
    importlib.import_module(module.name)
print(pgsocketio.__file__, "odoo" in sys.modules)
"""


def test_core_needs_no_odoo(bare: Environment) -> None:
    printed = bare.output(bare.python, "-c", IMPORT_CORE)
    assert printed.split() == [f"{bare.site_packages}/pgsocketio/__init__.py", "False"]


def test_unpacked_debian_package_at_odoo_path(installed: Environment, unpacked: Odoo) -> None:
    version = installed.output(
        installed.script("oe"), "--version", env={"ODOO_PATH": unpacked.path}
    )
    assert VERSION in version


def test_source_checkout_at_odoo_path(
    installed: Environment, unpacked: Odoo, tmp_path: Path
) -> None:
    source = source_checkout(unpacked, tmp_path / "odoo-source")
    printed = installed.output(
        installed.script("oe"), "shell", "--no-http", env={"ODOO_PATH": source},
        stdin="import odoo; print([odoo.modules.Manifest.for_addon(name).path"
        " for name in ('base', 'web', 'web_socketio')])",
    )
    addons = [
        source / "odoo/addons/base", source / "addons/web",
        installed.site_packages / "odoo/addons/web_socketio",
    ]
    assert str([str(folder) for folder in addons]) in printed


def test_installed_debian_package(
    installed: Environment, unpacked: Odoo, tmp_path: Path
) -> None:
    link_all(unpacked.python_path, tmp_path)
    program = WITH_DEBIAN_AT.format("oe")
    assert VERSION in installed.output(installed.python, "-c", program, tmp_path, "--version")


def test_odoo_installed_by_pip(wheel: Path, unpacked: Odoo, tmp_path: Path) -> None:
    environment = create(tmp_path / "pip")
    environment.link_requirements()
    install_odoo(unpacked, environment)
    environment.pip(wheel)
    assert VERSION in environment.output(environment.script("oe"), "--version")


@pytest.mark.parametrize("command", ["oe", "cli"])
def test_no_odoo_is_a_clear_error(command: str, installed: Environment, tmp_path: Path) -> None:
    installed.output(installed.python, "-c", "import odoo")  # our addons' folder is that, not Odoo
    program = WITH_DEBIAN_AT.format(command)
    result = installed.run(installed.python, "-c", program, tmp_path, "-d", "any")
    assert result.returncode == 1
    assert "Odoo was not found: install it with pip or apt, or set ODOO_PATH" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize("command", ["oe", "oe_web_socketio"])
def test_odoo_path_without_odoo_is_a_clear_error(
    command: str, installed: Environment, tmp_path: Path
) -> None:
    script = installed.script(command)
    result = installed.run(script, "-d", "any", env={"ODOO_PATH": tmp_path})
    assert result.returncode == 1
    assert result.stdout.strip() == f"{command}: there is no Odoo at ODOO_PATH={tmp_path}"


@pytest.mark.parametrize("command", ["oe", "oe_web_socketio"])
def test_a_missing_requirement_of_odoo_is_a_clear_error(
    command: str, bare: Environment, unpacked: Odoo
) -> None:
    result = bare.run(bare.script(command), "-d", "any", env={"ODOO_PATH": unpacked.path})
    assert result.returncode == 1
    assert result.stdout.startswith(f"{command}: Odoo needs the Python package that has '")
    assert result.stdout.count("\n") == 1
