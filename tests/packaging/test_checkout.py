"""A checkout in use: set up in place, built by buildout, or cloned onto the addons path."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from pgsocketio import __version__
from tests.packaging.environments import Environment, copy_checkout, create
from tools.odoo import Odoo
from tools.paths import ROOT
from tools.wheels import wheels

WHERE = """
import importlib.metadata, pgsocketio
print(pgsocketio.__file__, importlib.metadata.version("oe.web.socketio"))
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the checkout for one test."""
    return copy_checkout(tmp_path / "clone", ROOT)


def test_setup_installs_the_checkout_in_place(clone: Path) -> None:
    environment = create(clone / ".venv")
    environment.link_requirements()

    def set_up() -> None:
        environment.output(sys.executable, "-m", "tools.venv", env={"PYTHONPATH": clone})

    set_up()
    where = environment.output(environment.python, "-c", WHERE).split()
    assert where == [f"{clone}/pgsocketio/__init__.py", __version__]
    script = environment.script("oe_web_socketio")
    assert "usage: oe_web_socketio" in environment.output(script, "--help")

    installed_at = script.stat().st_mtime_ns
    set_up()
    assert script.stat().st_mtime_ns == installed_at
    project = clone / "pyproject.toml"
    scripts = "[project.scripts]\n"
    text = project.read_text(encoding="utf-8").replace(scripts, f"{scripts}new = 'os:getcwd'\n")
    project.write_text(text, encoding="utf-8")
    set_up()
    assert environment.script("new").exists()


def test_oe_of_a_checkout_finds_its_addons(clone: Path, unpacked: Odoo) -> None:
    environment = create(clone / ".venv")
    environment.link_requirements()
    environment.pip("--no-deps", "--no-build-isolation", "--config-settings",
                    "editable_mode=compat", "--editable", clone)
    printed = environment.output(
        environment.script("oe"), "shell", "--no-http", env={"ODOO_PATH": unpacked.path},
        stdin="import odoo; print(odoo.modules.Manifest.for_addon('web_socketio').path)",
    )
    assert str(clone / "web_socketio") in printed.splitlines()


def test_buildout_builds_the_commands(clone: Path, tmp_path: Path) -> None:
    environment = create(tmp_path / "buildout")
    environment.pip("-r", clone / "requirements" / "buildout.txt")
    cache = tmp_path / "cache"
    shutil.copytree(wheels(), cache / "dist")
    environment.output(
        environment.script("buildout"), "-c", clone / "buildout.cfg",
        f"buildout:download-cache={cache}", "buildout:install-from-cache=true",
        env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels()},
    )
    usage = environment.output(clone / "bin" / "oe_web_socketio", "--help")
    assert "usage: oe_web_socketio" in usage
    nothing = environment.run(clone / "bin" / "oe", env={"ODOO_PATH": tmp_path})
    assert nothing.stdout.strip() == f"oe: there is no Odoo at ODOO_PATH={tmp_path}"


def test_addon_without_its_distribution_says_what_to_install(
    clone: Path, without_us: Environment, unpacked: Odoo
) -> None:
    program = f"import odoo.init, odoo.addons; odoo.addons.__path__.append('{clone}'); "
    result = without_us.run(
        without_us.python, "-c", program + "import odoo.addons.web_socketio", env=unpacked.env
    )
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == (
        "ModuleNotFoundError: the addon web_socketio needs the Python package oe.web.socketio; "
        f"install it for {without_us.python}"
    )


def test_clone_on_the_addons_path_says_what_to_install(
    clone: Path, without_us: Environment, unpacked: Odoo, conf: Path, odoo_only: str
) -> None:
    result = without_us.run(
        without_us.python, unpacked.script, "-c", conf, "-d", odoo_only, "-i", "web_socketio",
        f"--addons-path={clone}", "--no-http", "--stop-after-init", env=unpacked.env,
    )
    assert result.returncode != 0
    assert "an external dependency is not met: oe-web-socketio" in result.stdout
