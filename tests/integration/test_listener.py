"""The listener against a real PostgreSQL: what fails is noticed, said, and made up for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from pgsocketio.log import schema
from tests.chaos import faults
from tests.chaos.attack import a_site, attack
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.site import DATABASE, Site
from tests.support.pooler import transaction_pooler

FEW = 100  # messages of a round
POLL, SILENCE = 1.0, 4.0
SOON = 30.0  # seconds on a slow machine; `make chaos` measures how soon
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'chaos %'"
)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    options = (f"--poll={POLL}", f"--silence={SILENCE}")
    with a_site(*options, clients=2, durable=False) as site:
        yield site


def _fault(inject: Callable[[Site], None]) -> Fault:
    return next(fault for fault in FAULTS if fault.inject is inject)


def _attack(site: Site, fault: Fault) -> float:
    """Let a fault happen; returns the seconds until live again."""
    row = attack(site, fault, site.publishers.round + 1, FEW)
    assert not row.bad, str(row)
    assert site.tally.phantoms() == site.tally.disorder == []
    return row.seconds


@pytest.mark.parametrize(
    "inject",
    [
        faults.listen_terminated,
        faults.connections_reset,
        faults.postgres_restarted,
        faults.publisher_killed,
        faults.database_dropped,
        faults.duplicated,
        faults.restored_higher,
        faults.restored_lower,
        faults.promoted,
        faults.killed_while_it_polls,
    ],
)
def test_it_comes_back_and_nothing_is_lost(site: Site, inject: Callable[[Site], None]) -> None:
    assert _attack(site, _fault(inject)) < SOON


@pytest.mark.parametrize(
    "inject", [faults.connections_frozen, faults.new_connections_frozen]
)
def test_a_half_open_connection_is_noticed(site: Site, inject: Callable[[Site], None]) -> None:
    assert _attack(site, _fault(inject)) < SOON


def test_a_trimmed_log_is_told_to_whom_it_concerns(site: Site) -> None:
    told = len(site.tally.told)
    absent = site.clients[-1].name
    _attack(site, _fault(faults.trimmed))
    assert {name.partition(" /")[0] for name in site.tally.told[told:]} == {absent}


# -- what a person has to mend -------------------------------------------------------------------


def _wait_for(site: Site, state: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + 2 * SOON
    while not state(counters := site.server.counters()):
        assert time.monotonic() < deadline, counters
        time.sleep(0.05)


def _wait_for_error(site: Site, text: str) -> None:
    _wait_for(site, lambda counters: text in str(counters["error"]) and not counters["ready"])


def _break_and_mend(site: Site, breaks: str, mends: Callable[[], None], error: str) -> None:
    """Something is taken away; it is said, and all is well once it is back."""

    def inject(site: Site) -> None:
        with site.quiet():
            site.sql(breaks)
            site.sql(TERMINATE)
            _wait_for_error(site, error)
            mends()

    _attack(site, Fault(error, inject))


@pytest.mark.parametrize(
    "breaks, mends",
    [
        ("REVOKE CONNECT ON DATABASE chaos FROM PUBLIC, odoo",
         "GRANT CONNECT ON DATABASE chaos TO PUBLIC, odoo"),
        ("REVOKE SELECT ON web_socketio_log FROM odoo", "GRANT ALL ON web_socketio_log TO odoo"),
    ],
)  # fmt: skip
def test_lost_permission(site: Site, breaks: str, mends: str) -> None:
    _break_and_mend(site, breaks, lambda: site.sql(mends), "permission denied")


def test_missing_log(site: Site) -> None:
    def install() -> None:
        with psycopg2.connect(site.dsn) as connection, connection.cursor() as cursor:
            schema.install(cursor)
        connection.close()

    def inject(site: Site) -> None:
        with site.quiet():
            with psycopg2.connect(site.dsn) as connection, connection.cursor() as cursor:
                schema.uninstall(cursor)
            connection.close()
            site.sql(TERMINATE)
            _wait_for_error(site, "is not installed")
            install()

    _attack(site, Fault("missing log", inject, told=True))


def test_a_transaction_pooler_is_noticed_and_said(site: Site) -> None:
    direct = site.postgres_proxy.upstream
    with transaction_pooler(site.folder, DATABASE, site.postgres) as port:
        try:
            site.postgres_proxy.upstream = port
            site.postgres_proxy.cut()
            _wait_for(site, lambda counters: "pooler" in str(counters["error"]))
        finally:
            site.postgres_proxy.upstream = direct
            site.postgres_proxy.cut()
    _attack(site, Fault("after the pooler", lambda _site: None))


FILL = "SELECT pg_notify('elsewhere', repeat('x', 7900) || i) FROM generate_series(1, 38) i"


@pytest.fixture
def small_queue(site: Site) -> Iterator[None]:
    """The smallest queue of NOTIFY that there is: 64 pages of 8 KiB."""
    for setting in ("SET max_notify_queue_pages = 64", "RESET max_notify_queue_pages"):
        site.sql(f"ALTER SYSTEM {setting}")
        site.postgres.stop()
        site.postgres.start()
        if setting.startswith("SET"):
            yield


@pytest.mark.usefixtures("small_queue")
def test_a_queue_of_notify_that_fills_is_said_and_nothing_is_lost(site: Site) -> None:
    """Somebody LISTENs, and sits in a transaction."""

    def inject(site: Site) -> None:
        culprit = psycopg2.connect(site.dsn)
        culprit.cursor().execute("LISTEN elsewhere")
        culprit.commit()
        culprit.cursor().execute("SELECT 1")
        site.sql(FILL)
        _wait_for(site, lambda counters: "queue of NOTIFY" in str(counters["error"]))
        (n,) = site.publishers.one([0])
        assert site.tally.wait_for(n), "it is read from the log"
        assert site.server.counters()["ready"] is True
        culprit.close()
        _wait_for(site, lambda counters: counters["ready"] and counters["error"] is None)

    assert _attack(site, Fault("queue of NOTIFY fills", inject)) < SOON


# -- trimming ------------------------------------------------------------------------------------


def test_trimming_never_makes_a_publisher_wait(site: Site) -> None:
    """Beside an open writer, and a reader that holds the lock of pg_dump."""
    writer, reader = psycopg2.connect(site.dsn), psycopg2.connect(site.dsn)
    writer.cursor().execute("SELECT web_socketio_notify('news', '{}', '{\"defer\": true}')")
    reader.cursor().execute("LOCK TABLE web_socketio_log IN ACCESS SHARE MODE")
    site.sql("UPDATE web_socketio_meta SET value = '0' WHERE key = 'retention'")
    waits: list[float] = []
    done = threading.Event()

    def publish() -> None:
        with psycopg2.connect(site.dsn) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            while not done.is_set():
                started = time.monotonic()
                cursor.execute("SELECT web_socketio_notify('elsewhere')")
                waits.append(time.monotonic() - started)
        connection.close()

    publishers = [threading.Thread(target=publish) for _ in range(3)]
    for publisher in publishers:
        publisher.start()
    for _ in range(12):
        site.sql("SELECT web_socketio_trim()")
    while len(waits) <= 100:
        site.sql("SELECT web_socketio_trim()")
    done.set()
    for publisher in publishers:
        publisher.join()
    assert max(waits) < 10, "for as long as the reader has its lock, if trimming waited for that"
    writer.rollback()
    reader.rollback()
    while site.sql("SELECT count(*) FROM web_socketio_log") != "0":
        site.sql("SELECT web_socketio_trim()")
    site.sql("UPDATE web_socketio_meta SET value = '24 hours' WHERE key = 'retention'")
    writer.close()
    reader.close()
