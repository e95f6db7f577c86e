"""A PostgreSQL and an Odoo of one's own: what tests take away there, nobody else misses."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from tests.integration.operation.conftest import copied_addon
from tools.odoo import OdooInstance, our_addons
from tools.postgres import ACCOUNT, Postgres, programs

DATABASE = "operation"
WAL_SEGMENT = 16 << 20  # bytes


class Place:
    """A copy of a database in a cluster of its own, and Odoo's commands on it."""

    db = DATABASE

    def __init__(self, odoo: OdooInstance, folder: Path, source: str) -> None:
        """Start PostgreSQL and copy the database.

        :param source: connection string of what is copied.
        """
        folder.mkdir(mode=0o755)
        self.postgres = Postgres(
            folder / "postgres", durable=False, name="test-operation-postgres"
        )
        self.postgres.create_database(DATABASE)
        dump = subprocess.run([programs() / "pg_dump", source], capture_output=True, check=True)
        subprocess.run(
            [programs() / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", self.postgres.dsn(DATABASE)],
            input=dump.stdout, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        addons = [*our_addons(), copied_addon(folder)]
        self.instance = OdooInstance(odoo.odoo, self.postgres, folder / "odoo", addons)

    def sql(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run SQL on a connection of its own."""
        connected = closing(psycopg2.connect(self.postgres.dsn(DATABASE)))
        with connected as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def publish(self, **values: Any) -> None:
        """Publish a message as a trigger does."""
        self.sql("SELECT web_socketio_notify('test', %s::jsonb)", json.dumps(values))

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """No file of the database can grow any more.

        To mount a small file system takes privileges that tests seldom have. So the kernel refuses
        PostgreSQL's processes to let a file grow beyond the size of a WAL segment; PostgreSQL meets
        that at the same place, and with the same advice to look at the disk's space.
        """
        pids = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        processes = [self.postgres.child.pid, *(pid for (pid,) in self.sql(pids))]
        self._limit(processes, f"{WAL_SEGMENT}:unlimited")
        try:
            yield
        finally:
            self._limit(processes, "unlimited:unlimited")

    @staticmethod
    def _limit(processes: list[int], most: str) -> None:
        """Bound the size of files, as the account that the processes run under."""
        account = ["setpriv", f"--reuid={ACCOUNT}", "--regid=nogroup", "--clear-groups"]
        for pid in processes:
            command = ["prlimit", "--pid", str(pid), f"--fsize={most}"]
            command = [*account, *command] if ACCOUNT else command
            subprocess.run(command, stderr=subprocess.DEVNULL, check=False)  # one may have ended
