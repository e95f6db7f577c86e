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


def test_what_nobody_could_receive_is_named_and_left_out(
    connection: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A jsonb may hold numbers that no client can; one of them ends a page."""
    monkeypatch.setattr(reader, "PAGE", 2)
    since, [first] = _publish(connection, 10)
    with connection.cursor() as cursor:
        cursor.execute("SELECT web_socketio_notify('big', '{\"n\": 1e5000}')")
        huge = cursor.fetchone()[0]
    _since, others = _publish(connection, 10, 10)
    assert _pages(connection, since) == [[first], others, []]
    assert f"message {huge} on 'big' cannot be delivered" in caplog.text


def test_the_depth_of_values_is_bounded(connection: Any) -> None:
    with connection.cursor() as cursor:
        notify = "SELECT web_socketio_notify('deep', jsonb_build_object('a', %s::jsonb))"
        since, _ids = _publish(connection)
        cursor.execute(notify, ["[" * 99 + "1" + "]" * 99])
        assert len(_pages(connection, since)[0]) == 1
        for inside in ("[]", "{}"):
            with pytest.raises(psycopg2.errors.ProgramLimitExceeded, match="more than 100 deep"):
                cursor.execute(notify, ["[" * 99 + inside + "]" * 99])
