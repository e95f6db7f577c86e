"""Reading the log of a real PostgreSQL: pages are bounded by rows and by bytes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psycopg2
import pytest

from pgsocketio.log import reader, schema
from pgsocketio.log.publisher import publish
from pgsocketio.position import Snapshot
from tools.postgres import Postgres


@pytest.fixture(scope="module")
def connection(postgres: Postgres) -> Iterator[Any]:
    postgres.create_database("log_pages")
    connection = psycopg2.connect(postgres.dsn("log_pages"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        schema.install(cursor)
    yield connection
    connection.close()


def _pages(connection: Any, since: Snapshot) -> list[list[int]]:
    pages = list(reader.LogReader(connection).read(since))
    assert len({snapshot for snapshot, _messages in pages}) == 1
    return [[message["id"] for message in messages] for _snapshot, messages in pages]


def _publish(connection: Any, *sizes: int) -> tuple[Snapshot, list[int]]:
    """Publish values of some sizes; where they begin, and their ids."""
    since = reader.LogReader(connection).now().position.snapshot
    # what does not compress takes the space in the table that it takes in memory
    with open("/dev/urandom", "rb") as noise, connection.cursor() as cursor:
        ids = [publish(cursor, "big", {"x": noise.read(size // 2).hex()}) for size in sizes]
    return since, [number for number in ids if number is not None]


def test_small_rows_are_read_at_once(connection: Any) -> None:
    since, ids = _publish(connection, *[10] * 20)
    assert _pages(connection, since) == [ids]
    assert _pages(connection, reader.LogReader(connection).now().position.snapshot) == [[]]


def test_a_page_ends_at_its_bytes(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PAGE_SIZE", 100_000)
    since, ids = _publish(connection, 200_000, 60_000, 60_000, 10, 10)
    assert _pages(connection, since) == [ids[:1], ids[1:3], ids[3:]]


def test_a_page_ends_at_its_rows(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PAGE", 4)
    since, ids = _publish(connection, *[10] * 8)
    pages = _pages(connection, since)
    assert pages == [ids[:4], ids[4:], []]
    assert all(page[-1] < following[0] for page, following in pairwise(pages[:-1]))
