"""Python environments away from the checkout, and the kinds of Odoo to run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.odoo import Odoo
from tools.paths import VENV, VENV_PYTHON
from tools.wheels import wheels

SITE_PACKAGES = "lib/python3*/site-packages"
OURS = ("oe.web.socketio", "oe_web_socketio", "__editable__")
OF_CHECKOUT = (
    ".git", ".venv", "var", "build", "dist", "bin", "node_modules", "__pycache__", "*.egg-info",
    ".*_cache", ".hypothesis",
)
LEFT_OUT = ("ODOO_", "OE_WEB_SOCKETIO_", "PG", "PYTHON", "VIRTUAL_ENV")
COMMAND_TIMEOUT = 600.0  # seconds; installing Odoo in a database is the longest


@dataclass(frozen=True)
class Environment:
    """A virtual environment, with a folder to run its commands in."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where pip installs into."""
        return next(self.folder.glob(SITE_PACKAGES))

    @property
    def home(self) -> Path:
        """The folder in which commands run, and their home: no conf file of a person is read."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return home

    def script(self, name: str) -> Path:
        """Return the path of an installed command."""
        return self.folder / "bin" / name

    def variables(self, more: Mapping[str, object] | None = None) -> dict[str, str]:
        """Return this process's variables, but for those that name an Odoo or a database."""
        kept = {key: text for key, text in os.environ.items() if not key.startswith(LEFT_OUT)}
        return {**kept, "HOME": str(self.home), **{key: str(v) for key, v in (more or {}).items()}}

    def run(
        self, *command: object, env: Mapping[str, object] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with its output as text, stderr among it."""
        return subprocess.run(
            [str(part) for part in command], cwd=self.home, env=self.variables(env), input=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=COMMAND_TIMEOUT,
        )

    def output(
        self, *command: object, env: Mapping[str, object] | None = None, stdin: str = ""
    ) -> str:
        """Run a command that has to succeed; return its output."""
        result = self.run(*command, env=env, stdin=stdin)
        assert result.returncode == 0, f"{command[0]} failed:\n{result.stdout}"
        return result.stdout

    def pip(self, *arguments: object) -> None:
        """Let pip install into it, with nothing from a network."""
        options = ["install", "--quiet", "--no-index", "--find-links", wheels()]
        self.output(VENV_PYTHON, "-m", "pip", "--python", self.python, *options, *arguments)

    def link_requirements(self) -> None:
        """Give it what ``.venv`` has, Odoo's requirements among it, but for this distribution."""
        for entry in next(VENV.glob(SITE_PACKAGES)).iterdir():
            if not entry.name.startswith(OURS) and entry.suffix != ".pth":
                (self.site_packages / entry.name).symlink_to(entry)


def create(folder: Path) -> Environment:
    """Make an environment with nothing in it, of the Python that ``.venv`` has."""
    subprocess.run([VENV_PYTHON, "-m", "venv", "--without-pip", folder], check=True)
    return Environment(folder)


def copy_checkout(target: Path, source: Path) -> Path:
    """Copy a checkout without what was built in it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*OF_CHECKOUT))
    return target


def link_all(source: Path, target: Path) -> None:
    """Fill a folder with links to what another one has."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        (target / entry.name).symlink_to(entry)


def source_checkout(odoo: Odoo, target: Path) -> Path:
    """Lay an Odoo out as its source repository is: ``addons`` beside ``odoo``, and ``odoo-bin``."""
    packages = odoo.python_path
    shutil.copytree(packages / "odoo", target / "odoo", ignore=shutil.ignore_patterns("addons"))
    shutil.copy(odoo.script, target / "odoo-bin")
    core, community = target / "odoo" / "addons", target / "addons"
    core.mkdir()
    community.mkdir()
    for addon in (packages / "odoo" / "addons").iterdir():
        is_core = addon.name == "base" or addon.name.startswith("test_")
        ((core if is_core else community) / addon.name).symlink_to(addon)
    return target


def install_odoo(odoo: Odoo, environment: Environment) -> None:
    """Lay an Odoo out as pip leaves it: in ``site-packages``, among other distributions' addons.

    It stands for Odoo's own wheel, which is on no registry: files are links, the metadata is real.
    """
    site_packages, packages = environment.site_packages, odoo.python_path
    link_all(packages / "odoo" / "addons", site_packages / "odoo" / "addons")
    for entry in (packages / "odoo").iterdir():
        if entry.name != "addons":
            (site_packages / "odoo" / entry.name).symlink_to(entry)
    for metadata in packages.glob("odoo-*.egg-info"):
        (site_packages / metadata.name).symlink_to(metadata)
