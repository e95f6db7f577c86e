"""A PgBouncer in transaction mode, which passes no NOTIFY."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.console import log_file
from tools.postgres import ACCOUNT, ROLE, Postgres
from tools.processes import Child, free_port
from tools.programs import pgbouncer


@contextmanager
def transaction_pooler(folder: Path, database: str, postgres: Postgres) -> Iterator[int]:
    """Run one before a database; its port.

    :param folder: for its conf file.
    """
    port, conf = free_port(), folder / "pgbouncer.ini"
    conf.write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={postgres.port} user={ROLE}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        "unix_socket_dir =\npool_mode = transaction\n",
        encoding="utf-8",
    )
    pooler = Child("PgBouncer", [pgbouncer(), conf], log_file("test-pgbouncer"), account=ACCOUNT)
    try:
        pooler.wait_until_started("listening on")
        yield port
    finally:
        pooler.stop()
