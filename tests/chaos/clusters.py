"""Other clusters for the same data: restored, duplicated, promoted."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from pathlib import Path

from tests.chaos.site import DATABASE, Site
from tools.console import log_file
from tools.postgres import ACCOUNT, Postgres, programs
from tools.processes import Child

_numbers = itertools.count(1)


def next_xid(postgres: Postgres) -> int:
    return int(postgres.psql("SELECT pg_snapshot_xmax(pg_current_snapshot())"))


def burn_xids(postgres: Postgres, count: int) -> None:
    """Use transaction ids up."""
    postgres.psql("ALTER ROLE postgres SET synchronous_commit = off")
    postgres.psql(
        f"DO $$ BEGIN FOR i IN 1..{count} LOOP "
        "PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
    )


def dump_and_restore(site: Site, higher: bool) -> None:
    """Move the database into a new cluster by pg_dump.

    :param higher: the new cluster has used more transaction ids than the old one, else fewer.
    """
    number = next(_numbers)
    other = Postgres(site.folder / f"restored-{number}", tcp=True, name=f"chaos-restored-{number}")
    low, high = (site.postgres, other) if higher else (other, site.postgres)
    burn_xids(high, 1_000 + max(0, next_xid(low) - next_xid(high)))
    assert next_xid(high) > next_xid(low)
    other.create_database(DATABASE)
    dump = site.folder / "dump.sql"
    both = (site.postgres, other)
    source, target = (one.dsn(DATABASE, role="postgres", tcp=True) for one in both)
    subprocess.run([programs() / "pg_dump", "-f", dump, source], check=True)
    subprocess.run(
        [programs() / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", dump, target],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    site.move_to(other)


def duplicate_by_template(site: Site) -> None:
    """Replace the database by a copy of it."""
    site.postgres.drop_database("copy")
    site.postgres.create_database("copy", DATABASE)
    site.postgres.drop_database(DATABASE)
    site.postgres.psql(f'ALTER DATABASE copy RENAME TO "{DATABASE}"')


def promote_standby(site: Site) -> None:
    """Let a streaming standby take over."""
    folder = site.folder / "standby"
    folder.mkdir(mode=0o700)
    if ACCOUNT:
        shutil.chown(folder, ACCOUNT, "nogroup")
    backup = Child(
        "pg_basebackup",
        [programs() / "pg_basebackup", "-D", folder, "-R", "--checkpoint=fast",
         "-d", site.postgres.dsn("postgres", role="postgres", tcp=True)],
        log_file("chaos-basebackup"), account=ACCOUNT, cwd=Path("/"),
    )  # fmt: skip
    assert backup.process.wait() == 0, f"no base backup; see {backup.log}"
    standby = Postgres(folder, tcp=True, name="chaos-standby")
    end = site.postgres.psql("SELECT pg_current_wal_insert_lsn()")
    while standby.psql(f"SELECT pg_last_wal_replay_lsn() >= '{end}'") != "t":
        pass
    site.postgres.stop()
    standby.psql("SELECT pg_promote()")
    site.move_to(standby)
