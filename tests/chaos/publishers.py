"""Publishers that write each message into a ledger in the same transaction."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from pgsocketio.log.publisher import Deferred, Waker, publish, publish_deferred

_LEDGER = "INSERT INTO ledger (n, round, channel, recipient, durable) VALUES (%s, %s, %s, %s, %s)"


_POLLED = """
    SELECT EXISTS (SELECT FROM web_socketio_meta WHERE key = 'polled_until'
                   AND value::float8 > extract(epoch FROM clock_timestamp()))
"""


class Transaction:
    """One transaction that publishes.

    :param number: names it.
    :param numbers: gives each message its number, unique in a run.
    """

    def __init__(self, cursor: Any, number: int, round: int, numbers: Callable[[], int]) -> None:
        self._cursor = cursor
        self._number, self.round, self._numbers = number, round, numbers
        self._index = itertools.count()
        self._deferred: list[Deferred] = []

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
        if defer:
            self._deferred.append(
                publish_deferred(self._cursor, channel, values, uid=None, durable=durable)
            )
        else:
            publish(self._cursor, channel, values, durable=durable)
        return n

    def wake(self, waker: Waker) -> None:
        """It is committed; send what it deferred."""
        if self._deferred:
            trusted = min(one.polled_until for one in self._deferred)
            waker.wake("chaos", self._deferred[0].xid, trusted)


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
                transaction = self._publish(connection, choice)
                if transaction is not None:
                    transaction.wake(waker)
                threading.Event().wait(choice.random() * 2 * self.pause_between)
        finally:
            connection.close()

    def transaction(self, cursor: Any) -> Transaction:
        """A transaction of the open round."""
        return Transaction(cursor, next(self._transactions), self.round, self.number)

    def _publish(self, connection: Any, choice: random.Random) -> Transaction | None:
        """Run one transaction; returns it when it was committed."""
        count, defer = choice.randint(1, 8), choice.random() < 0.5
        with connection, connection.cursor() as cursor:
            transaction = self.transaction(cursor)
            for _ in range(count):
                recipient = choice.randint(1, self.users) if choice.random() < 0.4 else 0
                transaction.publish(recipient, defer=defer)
        self.committed += count
        return transaction

    @contextmanager
    def rush(self) -> Iterator[None]:
        """Publish as fast as it goes, until servers poll the log; and on, in the block."""
        over = threading.Event()
        threads = [threading.Thread(target=self._rush, args=[over]) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            self._wait_polled()
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _rush(self, over: threading.Event) -> None:
        waker = Waker(lambda _database: psycopg2.connect(self.dsn))
        connection = psycopg2.connect(self.dsn)
        while not over.is_set():
            with connection, connection.cursor() as cursor:
                transaction = self.transaction(cursor)
                transaction.publish(0, defer=True)
            transaction.wake(waker)
        connection.close()

    def _wait_polled(self) -> None:
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        deadline = time.monotonic() + 60
        with connection.cursor() as cursor:
            polled = False
            while not polled:
                assert time.monotonic() < deadline, "nobody polls the log"
                time.sleep(0.05)
                cursor.execute(_POLLED)
                [polled] = cursor.fetchone()
        connection.close()

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
