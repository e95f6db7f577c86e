"""Publishing: the row in the publisher's transaction, the NOTIFY after its COMMIT."""

from __future__ import annotations

import json
import logging
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, NamedTuple

import psycopg2

from pgsocketio.busy_log import trusted_until
from pgsocketio.message import encode_values

logger = logging.getLogger("pgsocketio.publisher")


_CALL = "web_socketio_notify(%s, %s::jsonb, %s::jsonb)"


def publish(
    cursor: Any,
    channel: str,
    values: dict[str, Any],
    *,
    uid: int | None = None,
    durable: bool = True,
) -> int | None:
    """Publish a message when the cursor's transaction commits.

    Delivery: durable messages reach every listener that is there or comes back within the
    retention; others at most once.

    :param cursor: DB-API cursor (psycopg2, psycopg or Odoo's).
    :param channel: name of the sub-channel, 1 to 255 bytes.
    :param values: JSON object of at most 1 MiB (7,999 bytes encoded when not durable).
    :param uid: the publishing user.
    :param durable: False: skip the log.
    :returns: the id of the message, None when it is not durable.
    :raises NotEncodable: naming the key that cannot travel.
    :raises PayloadTooLarge: above 1 MiB.
    """
    options = json.dumps({"durable": durable, "uid": uid})
    cursor.execute(f"SELECT {_CALL}", [channel, encode_values(values), options])
    number: int | None = cursor.fetchone()[0]
    return number


_POLLED = """
    SELECT value::float8 - extract(epoch FROM clock_timestamp())::float8
    FROM web_socketio_meta WHERE key = 'polled_until'
"""


class Deferred(NamedTuple):
    """A message whose NOTIFY has to leave after COMMIT, see :meth:`Waker.wake`.

    :param id: None when it is not durable.
    :param xid: of the transaction.
    :param polled_until: what is committed before that time of the monotonic clock needs no NOTIFY.
    """

    id: int | None
    xid: str
    polled_until: float


def publish_deferred(
    cursor: Any, channel: str, values: dict[str, Any], *, uid: int | None, durable: bool = True
) -> Deferred:
    """As :func:`publish`, but the caller sends the NOTIFY after COMMIT, see :class:`Waker`."""
    options = json.dumps({"durable": durable, "defer": True, "uid": uid})
    statement = f"SELECT {_CALL}, pg_current_xact_id()::text, ({_POLLED})"
    asked = monotonic()
    cursor.execute(statement, [channel, encode_values(values), options])
    number, xid, polled = cursor.fetchone()
    return Deferred(number, xid, trusted_until(polled if durable else None, asked))


class Connections:
    """Connections in autocommit, apart from any pool; one is kept per process and database.

    :param connect: returns a new psycopg2 connection to a database, by its name.
    """

    def __init__(self, connect: Callable[[str], Any]) -> None:
        self._connect = connect
        self._idle: dict[tuple[int, str], Any] = {}
        self._lock = threading.Lock()

    @contextmanager
    def cursor(self, database: str) -> Iterator[Any]:
        """A cursor; its connection is closed when the block raises."""
        connection = self._take(database)
        try:
            with connection.cursor() as cursor:
                yield cursor
        except BaseException:
            connection.close()
            raise
        with self._lock:
            kept = self._idle.setdefault((os.getpid(), database), connection)
        if kept is not connection:
            connection.close()

    def _take(self, database: str) -> Any:
        with self._lock:
            connection = self._idle.pop((os.getpid(), database), None)
        if connection is not None and _alive(connection):
            return connection
        connection = self._connect(database)
        connection.autocommit = True
        return connection

    def close(self) -> None:
        """Close what lies idle in this process."""
        with self._lock:
            mine = [key for key in self._idle if key[0] == os.getpid()]
            connections = [self._idle.pop(key) for key in mine]
        for connection in connections:
            connection.close()


def _alive(connection: Any) -> bool:
    """Notice what PostgreSQL closed while the connection lay idle."""
    try:
        connection.poll()
    except psycopg2.Error:
        connection.close()
        return False
    return not connection.closed


# There is nothing in it that a crash could lose, so its commit need not wait for the disk.
_WAKE = "SELECT set_config('synchronous_commit', 'off', true), web_socketio_wake(%s::xid8)"


class Waker:
    """Sends what committed transactions deferred, on a connection of its own.

    NOTIFY inside the business transaction would serialise all commits of the cluster. A failure
    never reaches the business code: it is logged, counted, and the listener's poll makes up for it.

    :param connect: returns a new psycopg2 connection to a database, by its name.
    """

    def __init__(self, connect: Callable[[str], Any]) -> None:
        self._connections = Connections(connect)
        self.failures = 0

    def wake(self, database: str, xid: str, polled_until: float = -math.inf) -> None:
        """Notify of a committed transaction, if anybody needs that. Never raises an ``Exception``.

        :param xid: the transaction, as ``pg_current_xact_id()::text`` named it.
        :param polled_until: the earliest of its :class:`Deferred` messages.
        """
        if monotonic() < polled_until:
            return
        try:
            with self._connections.cursor(database) as cursor:
                cursor.execute(_WAKE, [xid])
        except Exception as error:
            self.failures += 1
            logger.warning(
                "NOTIFY after COMMIT failed for database %r; its messages wait for the server's "
                "next poll: %s", database, error,
            )  # fmt: skip
