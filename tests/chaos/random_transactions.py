"""Transactions as applications make them: savepoints, rollbacks, retries, delays, all sizes."""

from __future__ import annotations

import random
import time
from typing import Any

from psycopg2 import errors

from tests.chaos.publishers import Publishers, Transaction

PUT_OFF = {"in place": 0.0, "deferred": 1.0, "mixed": 0.5}
HOT = "CREATE TABLE hot (id int PRIMARY KEY, value int); INSERT INTO hot VALUES (1, 0), (2, 0)"


class RolledBack(Exception):
    """The transaction wants to be rolled back."""


class RandomTransaction:
    """Fills one transaction at random.

    :param users: messages go to one of them, or to all.
    """

    def __init__(self, cursor: Any, transaction: Transaction, choice: random.Random, users: int):
        self._cursor, self._transaction = cursor, transaction
        self._choice, self._users = choice, users
        self._defer = PUT_OFF[choice.choice(list(PUT_OFF))]

    def fill(self) -> None:
        """Publish, with savepoints in between.

        :raises RolledBack: when nothing of it may count.
        :raises SerializationFailure: when another transaction was first.
        """
        choice = self._choice
        for _ in range(choice.randint(1, 6)):
            act = choice.choices(
                (self._publish, self._savepoint, self._contend, self._wait), (8, 2, 1, 1)
            )[0]
            act()
        if choice.random() < 0.15:
            raise RolledBack()
        if choice.random() < 0.2:
            time.sleep(choice.uniform(0, 1.0))  # others commit before it

    def _publish(self) -> None:
        choice = self._choice
        durable = choice.random() < 0.85
        size = choice.choices((1, 100, 3_000, 8_000, 100_000, 1_000_000), (40, 40, 10, 6, 3, 1))[0]
        self._transaction.publish(
            choice.randint(1, self._users) if choice.random() < 0.4 else 0,
            size if durable else min(size, 3_000),
            defer=choice.random() < self._defer,
            durable=durable,
        )

    def _savepoint(self) -> None:
        self._cursor.execute("SAVEPOINT nested")
        for _ in range(self._choice.randint(1, 3)):
            self._publish()
        if self._choice.random() < 0.5:
            self._cursor.execute("ROLLBACK TO SAVEPOINT nested")
        self._cursor.execute("RELEASE SAVEPOINT nested")

    def _contend(self) -> None:
        row = self._choice.randint(1, 2)
        self._cursor.execute("UPDATE hot SET value = value + 1 WHERE id = %s", [row])

    def _wait(self) -> None:
        time.sleep(self._choice.uniform(0, 0.05))


class RandomPublishers(Publishers):
    """Publishers whose transactions are random ones."""

    threads = 8

    def _publish(self, connection: Any, choice: random.Random) -> Transaction | None:
        """Run a transaction, again when it lost a race, as Odoo's ``retrying`` does."""
        connection.set_session(isolation_level="REPEATABLE READ")
        while True:
            try:
                with connection, connection.cursor() as cursor:
                    transaction = self.transaction(cursor)
                    RandomTransaction(cursor, transaction, choice, self.users).fill()
                return transaction
            except RolledBack:
                return None
            except (errors.SerializationFailure, errors.DeadlockDetected):
                self.retries += 1
