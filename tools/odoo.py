"""Odoo 19: found at ODOO_PATH or fetched from Debian, and its commands run on a PostgreSQL."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.console import SetupError, log_file, run
from tools.debian import Sources, index_targets, is_debian, unpacked
from tools.paths import EXAMPLES, ROOT, VENV_PYTHON, addon_folders
from tools.postgres import ROLE, Postgres
from tools.processes import Child, free_port

# Odoo's web assets are links into these packages. It was written for Font Awesome 4, which sid no
# longer has.
PACKAGES = [
    "odoo-19", "libjs-jquery", "libjs-jquery-form", "libjs-underscore", "fonts-roboto-unhinted",
    "fonts-montserrat", "fonts-inconsolata", "fonts-font-awesome/trixie",
]


@dataclass(frozen=True)
class Odoo:
    """An Odoo 19 on disk: a source checkout, or the unpacked Debian package."""

    path: Path

    @property
    def script(self) -> Path:
        """The script that starts it."""
        source = self.path / "odoo-bin"
        return source if source.exists() else self.path / "usr" / "bin" / "odoo"

    @property
    def python_path(self) -> Path:
        """The folder to import it from."""
        packages = self.path / "usr" / "lib" / "python3" / "dist-packages"
        return packages if packages.exists() else self.path

    @property
    def env(self) -> dict[str, str]:
        """Variables with which a Python process finds it."""
        return {"ODOO_PATH": str(self.path), "PYTHONPATH": str(self.python_path)}

    def check(self) -> Odoo:
        """Return it.

        :raises SetupError: when there is no Odoo 19 at that path
        """
        release = self.python_path / "odoo" / "release.py"
        if not self.script.exists() or not release.exists():
            raise SetupError(f"There is no Odoo at {self.path}; correct ODOO_PATH, or unset it.")
        if "version_info = (19," not in release.read_text(encoding="utf-8"):
            raise SetupError(f"The Odoo at {self.path} is not version 19; correct ODOO_PATH.")
        return self


def find_or_fetch() -> Odoo:
    """Return the Odoo at ODOO_PATH, else the one in the cache, else Debian's, fetched into it."""
    if os.environ.get("ODOO_PATH"):
        return Odoo(Path(os.environ["ODOO_PATH"]).expanduser().resolve()).check()
    folder = unpacked("odoo-19", "150 MB, unpacked 1.3 GB", sources, lambda apt: PACKAGES)
    return Odoo(folder).check()


def sources() -> Sources:
    """Return where Odoo 19 and the fonts of its web client are."""
    mirror = next(mirror for mirror, _ in index_targets() if is_debian(mirror))
    return [(mirror, "sid"), (mirror, "trixie")]


class OdooInstance:
    """Odoo's commands, run on the databases of one PostgreSQL."""

    def __init__(
        self, odoo: Odoo, postgres: Postgres, folder: Path, addons: Sequence[Path] | None = None
    ) -> None:
        """Write its conf file.

        :param folder: for the conf file, sessions and attachments; created when it is missing
        :param addons: folders of the addons that it finds beside its own; ours by default
        """
        self.odoo = odoo
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.conf = folder / "odoo.conf"
        parents = {str(path.parent) for path in addons or our_addons()}
        options = {
            "db_host": postgres.socket_dir,
            "db_port": postgres.port,
            "db_user": ROLE,
            "data_dir": folder / "data",
            "addons_path": ",".join(sorted(parents)),
            "list_db": False,
            "http_interface": "127.0.0.1",
            "max_cron_threads": 0,
        }
        lines = [f"{key} = {value}\n" for key, value in options.items() if value != ""]
        self.conf.write_text("[options]\n" + "".join(lines), encoding="utf-8")

    def command(self, *arguments: object) -> list[str]:
        """Return the command line that runs Odoo with these arguments."""
        return [str(VENV_PYTHON), str(self.odoo.script), *map(str, arguments)]

    def install(self, db: str, modules: Sequence[str], *, log: str) -> None:
        """Install modules into a database, which is created when it is missing."""
        names = ",".join(modules)
        run(
            self.command("-c", self.conf, "-d", db, "-i", names, "--no-http", "--stop-after-init"),
            log, f"Odoo could not install {names}.", env=self.odoo.env,
        )

    def update(self, db: str, modules: Sequence[str], *, log: str) -> None:
        """Update modules of a database."""
        names = ",".join(modules)
        run(
            self.command("-c", self.conf, "-d", db, "-u", names, "--no-http", "--stop-after-init"),
            log, f"Odoo could not update {names}.", env=self.odoo.env,
        )

    def prepare(self, db: str, *, log: str, **settings: object) -> None:
        """Give a database users, parameters and built assets; see ``prepare_database``."""
        script = ROOT / "tools" / "prepare_database.py"
        run(
            self.command("shell", "-c", self.conf, "-d", db, "--no-http"),
            log, f"Odoo could not prepare the database {db}.",
            env={**self.odoo.env, "PREPARE": json.dumps(settings)}, stdin=script,
        )

    def serve(self, db: str, *, port: int = 0, name: str, options: Sequence[str] = ()) -> Child:
        """Start Odoo's HTTP server for a database and wait until it has loaded it.

        It says ``HTTP service … running on host:port`` between bind and listen, so the line to wait
        for is the one after.

        :param port: of 127.0.0.1; 0 for a free one
        :param name: of the log file
        """
        child = Child(
            "Odoo",
            self.command("-c", self.conf, "-d", db, "--db-filter", f"^{db}$", "-p", port, *options),
            log_file(name), env=self.odoo.env,
        )
        child.wait_until_started("Registry loaded")
        return child

    def test(
        self, db: str, modules: Sequence[str], tags: str, *, log: str, how: str = "-u"
    ) -> None:
        """Run Odoo's own tests of modules.

        :param how: ``-u`` updates the modules that a database has, ``-i`` installs others
        """
        run(
            self.command(
                "-c", self.conf, "-d", db, how, ",".join(modules), "--test-tags", tags,
                "--stop-after-init", "-p", free_port(),
            ),
            log, "Odoo's own tests failed.", env=self.odoo.env,
        )  # fmt: skip


def our_addons() -> list[Path]:
    """Return the folders of this distribution's addons and of the example addons."""
    return [*addon_folders(ROOT), *addon_folders(EXAMPLES)]
