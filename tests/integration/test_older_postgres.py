"""PostgreSQL 16: what newer versions only have is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pgsocketio.log import schema
from tests.chaos import faults
from tests.chaos.attack import attack
from tests.chaos.faults import Fault
from tests.chaos.site import Site
from tests.integration.test_sql_rights import USE, connected
from tests.support.old_schema import version_1
from tools.postgres import Postgres

FEW = 150  # messages


@pytest.fixture(scope="module")
def site(run_dir: Path) -> Iterator[Site]:
    folder = run_dir / "older"
    postgres = Postgres(folder, tcp=True, durable=False, older=True, name="older-postgres")
    with Site(postgres, folder, clients=2) as site:
        yield site


def test_it_is_older(site: Site) -> None:
    assert site.sql("SHOW server_version").startswith("16.")


def test_every_function_works_there(site: Site) -> None:
    site.postgres.create_database("functions")
    with connected(site.postgres.dsn("functions")) as cursor:
        with version_1():
            schema.install(cursor)
        assert schema.install(cursor) == 1
        for statement in USE:
            cursor.execute(statement)
        schema.uninstall(cursor)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'web\\_socketio%'")
        assert cursor.fetchone() == (0,)


def test_nothing_is_lost_there(site: Site) -> None:
    row = attack(site, Fault("LISTEN ended", faults.listen_terminated), 1, FEW)
    assert not row.bad, str(row)
    assert site.tally.phantoms() == site.tally.disorder == []
