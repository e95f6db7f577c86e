"""Publishers that write each message into a ledger in the same transaction."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from typing import Any

import psycopg2

from pgsocketio.log.publisher import Waker, publish, publish_deferred

_LEDGER = "INSERT INTO ledger (n, round, channel, recipient, durable) VALUES (%s, %s, %s, %s, %s)"


class Transaction:
    """One transaction that publishes.

    :param number: names it.
    :param numbers: gives each message its number, unique in a run.
    """

    def __init__(self, cursor: Any, number: int, round: int, numbers: Callable[[], int]) -> None:
        self._cursor = cursor
        self._number, self.round, self._numbers = number, round, numbers
        self._index = itertools.count()

    def publish(
        self, recipient: int, size: int = 0, defer: bool = False, durable: bool = True
    ) -> int:
        """Publish a message to a user, 0: to all; returns its number."""
        n, channel = self._numbers(), "mail" if recipient else "news"
        values = {
            "n": n, "transaction": self._number, "index": next(self._index), "to": recipient,
            "pad": "x" * size,
        }  # fmt: skip
        self._cursor.execute(_LEDGER, [n, self.round, channel, recipient, durable])
        call = publish_deferred if defer else publish
        call(self._cursor, channel, values, uid=None, durable=durable)
        return n

    def xid(self) -> str:
        """What a Waker needs after COMMIT."""
        self._cursor.execute("SELECT pg_current_xact_id()::text")
        return str(self._cursor.fetchone()[0])


class Publishers:
    """Threads that publish while a round is open; errors of PostgreSQL are its weather.

    :param dsn: of the database, past any proxy.
    :param users: how many there are, numbered from 1.
    """

    threads = 2
    retries = 0  # of transactions that lost a race

    def __init__(self, dsn: str, users: int, seed: int) -> None:
        self.dsn, self.users = dsn, users
        self._count = itertools.count(1)
        self._transactions = itertools.count(1)
        self._lock = threading.Lock()
        self._open = threading.Event()
        self._quiet = [threading.Event() for _ in range(self.threads)]
        self._ending = False
        self.round = 0
        self.pause_between = 0.02
        self.committed = 0
        self.errors: list[psycopg2.Error] = []
        self._threads = [
            threading.Thread(target=self._run, args=[random.Random(seed + i), quiet], daemon=True)
            for i, quiet in enumerate(self._quiet)
        ]
        for thread in self._threads:
            thread.start()

    def number(self) -> int:
        with self._lock:
            return next(self._count)

    def start(self, round: int) -> None:
        """Open a round."""
        self.round, self.committed = round, 0
        self._open.set()

    def resume(self) -> None:
        """Go on with the round."""
        self._open.set()

    def stop(self) -> None:
        """Close the round; nothing is committed in it after this returns."""
        self._open.clear()
        for quiet in self._quiet:
            assert quiet.wait(60), "a publisher failed or hangs"

    def end(self) -> None:
        self._ending = True
        self._open.set()
        for thread in self._threads:
            thread.join()

    def _run(self, choice: random.Random, quiet: threading.Event) -> None:
        while not self._ending:
            if not self._open.is_set():
                quiet.set()
                self._open.wait()
                quiet.clear()
            try:
                self._publish_while_open(choice)
            except psycopg2.Error as error:
                self.errors.append(error)
                threading.Event().wait(0.05)

    def _publish_while_open(self, choice: random.Random) -> None:
        connection = psycopg2.connect(self.dsn)
        waker = Waker(lambda _database: psycopg2.connect(self.dsn))
        try:
            while self._open.is_set() and not self._ending:
                xid = self._publish(connection, choice)
                if xid is not None:
                    waker.wake("chaos", xid)
                threading.Event().wait(choice.random() * 2 * self.pause_between)
        finally:
            connection.close()

    def transaction(self, cursor: Any) -> Transaction:
        """A transaction of the open round."""
        return Transaction(cursor, next(self._transactions), self.round, self.number)

    def _publish(self, connection: Any, choice: random.Random) -> str | None:
        """Run one transaction; returns its xid when it deferred something."""
        count, defer = choice.randint(1, 8), choice.random() < 0.5
        with connection, connection.cursor() as cursor:
            transaction = self.transaction(cursor)
            for _ in range(count):
                recipient = choice.randint(1, self.users) if choice.random() < 0.4 else 0
                transaction.publish(recipient, defer=defer)
            xid = transaction.xid() if defer else None
        self.committed += count
        return xid

    def one(
        self, recipients: list[int], size: int = 0, defer: bool = False, durable: bool = True
    ) -> list[int]:
        """Publish messages in one transaction of their own; tries until PostgreSQL takes it."""
        while True:
            try:
                connection = psycopg2.connect(self.dsn)
                with connection, connection.cursor() as cursor:
                    transaction = self.transaction(cursor)
                    numbers = [transaction.publish(r, size, defer, durable) for r in recipients]
                connection.close()
                return numbers
            except psycopg2.Error:
                threading.Event().wait(0.05)
