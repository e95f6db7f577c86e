"""Whatever publishers and clients do: nothing lost, nothing twice, nothing rolled back, in order.

``SOAK_SECONDS`` makes it go on with new seeds for so long; ``SEED`` repeats a run.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.chaos.client import Client
from tests.chaos.random_transactions import RandomPublishers
from tests.chaos.site import Site
from tools.postgres import Postgres

SECONDS = 8.0
MESSAGES = 2_000  # of a round at least, however slow the machine is
SOAK = float(os.environ.get("SOAK_SECONDS", 0))
ACKNOWLEDGED = ("/acknowledged mail", "/loop news")
_sites = itertools.count(1)


class RestlessSite(Site):
    """A site with listeners that hang at their acknowledgement."""

    def __init__(self, *args: Any, **others: Any) -> None:
        self.hanging: dict[tuple[str, str], float] = {}
        super().__init__(*args, **others)

    def handle(self, client: Client, listener: str, messages: list[dict[str, Any]]) -> bool:
        self.tally.see(client.name, listener, messages)
        if self.hanging.get((client.name, listener), 0) > time.monotonic():
            return False
        self.tally.handle(client.name, listener, messages)
        return True

    def disturb(self, choice: random.Random, until: float) -> None:
        """Let something happen to a client, again and again."""
        while time.monotonic() < until:
            client = choice.choice(self.clients)
            act = choice.choices((self._drop, self._reload, self._stall, self._hang), (4, 3, 2, 3))
            act[0](client, choice)
            time.sleep(choice.uniform(0.0, 0.3))
        for client in self.clients:
            client.stall(False)

    def _drop(self, client: Client, choice: random.Random) -> None:
        client.drop()

    def _reload(self, client: Client, choice: random.Random) -> None:
        self.reload(client)

    def _stall(self, client: Client, choice: random.Random) -> None:
        client.stall(True)
        threading.Timer(choice.uniform(0.1, 3.0), client.stall, [False]).start()

    def _hang(self, client: Client, choice: random.Random) -> None:
        listener = choice.choice(ACKNOWLEDGED)
        self.hanging[client.name, listener] = time.monotonic() + choice.uniform(0.1, 3.0)


@pytest.fixture
def seed() -> int:
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    print(f"SEED={seed}")  # noqa: T201
    return seed


@pytest.fixture
def site(run_dir: Path, seed: int) -> Iterator[RestlessSite]:
    folder = run_dir / f"nothing-lost-{next(_sites)}"
    postgres = Postgres(folder, tcp=True, durable=False, name="nothing-lost-postgres")
    postgres.psql("ALTER SYSTEM SET max_prepared_transactions = 10")
    postgres.stop()
    postgres.start()
    options = ("--positions", "0.3")
    with RestlessSite(
        postgres, folder, seed=seed, options=options, publishers=RandomPublishers
    ) as site:
        site.publishers.pause_between = 0.01
        yield site


def _run(site: RestlessSite, choice: random.Random, round: int) -> int:
    """One round; returns how many messages were committed in it."""
    site.publishers.start(round)
    site.disturb(choice, time.monotonic() + SECONDS)
    while int(site.sql(f"SELECT count(*) FROM ledger WHERE round = {round}")) < MESSAGES:
        site.disturb(choice, time.monotonic() + 1.0)
    site.publishers.stop()
    _check(site, round)
    return site.tally.sent(round)


def _check(site: RestlessSite, round: int) -> None:
    tally = site.tally
    assert site.publishers.errors == []
    tally.read_ledger(site.dsn)
    missing = tally.wait_complete(round)
    troubles = [trouble for client in site.clients for trouble in client.trouble]
    found = {
        "missing": missing,
        "twice": tally.doubled(round),
        "never committed": tally.phantoms(),
        "out of order": tally.disorder,
        "said": [trouble for trouble in troubles if "web_socketio" in trouble],
    }
    assert not any(found.values()), {what: list[:5] for what, list in found.items()}


def _soak(site: RestlessSite, choice: random.Random) -> None:
    """Go on for as long as is wished."""
    end, round = time.monotonic() + SOAK / 2, 2
    while time.monotonic() < end:
        site.tally.forget()
        site.sql("TRUNCATE ledger")
        _run(site, choice, round)
        round += 1


def test_nothing_is_lost_or_doubled_or_out_of_order(site: RestlessSite, seed: int) -> None:
    choice = random.Random(seed)
    assert _run(site, choice, 1) >= MESSAGES
    assert site.publishers.retries > 0
    _soak(site, choice)
    assert site.tally.told == []


def test_who_stays_away_for_longer_than_the_retention_is_told(
    site: RestlessSite, seed: int
) -> None:
    """Retention of one minute and 1 MB, which the messages of a round fill several times."""
    site.sql("UPDATE web_socketio_meta SET value = '1 minute' WHERE key = 'retention'")
    site.sql("UPDATE web_socketio_meta SET value = '1000000' WHERE key = 'max_size'")
    choice = random.Random(seed)
    ending = threading.Event()
    trimmer = threading.Thread(target=_trim, args=[site, ending])
    trimmer.start()
    try:
        absent = site.clients.pop()
        stored = absent.close()
        here = int(site.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())"))
        site.publishers.start(1)
        site.disturb(choice, time.monotonic() + SECONDS)
        _wait_trimmed(site, here)
        site.open_page(absent.name, absent.user, stored)
        site.publishers.stop()
        _check(site, 1)
        assert any(name.startswith(absent.name) for name in site.tally.told)
        _soak(site, choice)
    finally:
        ending.set()
        trimmer.join()


def _wait_trimmed(site: RestlessSite, xid: int) -> None:
    deadline = time.monotonic() + 60
    while int(site.sql("SELECT value FROM web_socketio_meta WHERE key = 'trimmed_xid'")) < xid:
        assert time.monotonic() < deadline, "nothing was trimmed"
        time.sleep(0.2)


def _trim(site: RestlessSite, ending: threading.Event) -> None:
    while not ending.wait(1.0):
        site.sql("SELECT web_socketio_trim()")


def test_rows_are_read_once_beside_transactions_that_stay_open(site: RestlessSite) -> None:
    site.postgres.create_database("elsewhere")
    elsewhere = psycopg2.connect(site.postgres.dsn("elsewhere"))
    elsewhere.cursor().execute("SELECT pg_current_xact_id()")
    prepared = psycopg2.connect(site.dsn)
    prepared.tpc_begin("prepared")
    site.publishers.start(1)
    with prepared.cursor() as cursor:
        site.publishers.transaction(cursor).publish(0, defer=True)
    prepared.tpc_prepare()
    in_log = "SELECT count(*) FROM web_socketio_log"
    while int(site.sql(in_log)) < MESSAGES / 2:
        time.sleep(0.2)
    site.publishers.stop()
    _check(site, 1)
    published = int(site.sql(in_log))
    assert site.server.counters()["rows_read"] <= 1.1 * published
    prepared.tpc_commit()
    prepared.close()
    elsewhere.close()
    _check(site, 1)
