"""Following the messages of a database as they are published, without being a server."""

from __future__ import annotations

import select
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pgsocketio.log import schema
from pgsocketio.log.reader import LogReader
from pgsocketio.message import Message
from pgsocketio.position import Snapshot
from pgsocketio.wire import NotifyCodec

_FIRST = "SELECT min(xid)::text FROM web_socketio_log WHERE date >= %s"
_POLL = 1.0  # seconds; who publishes by hand without NOTIFY is seen then


class Tail:
    """What is published from now on: durable messages from the log, volatile ones from NOTIFY.

    :param connection: psycopg2, in autocommit, of a role that may read the log; not by way of a
        pooler. Nobody else uses it.
    :raises SchemaMismatch: saying what to do.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        with connection.cursor() as cursor:
            schema.check(cursor)
        self._log = LogReader(connection)
        self._codec = NotifyCodec(self._log.secret())
        with connection.cursor() as cursor:
            cursor.execute("LISTEN web_socketio")
        self._seen = self._now()

    def _now(self) -> Snapshot:
        now = self._log.now()
        self._codec.clock = now.clock
        return now.position.snapshot

    def since(self, date: datetime) -> Iterator[Message]:
        """What the log still holds of the time from a date to now."""
        with self._connection.cursor() as cursor:
            cursor.execute(_FIRST, [date])
            first = cursor.fetchone()[0]
        if first is None:
            return
        for message in self._read(Snapshot(int(first), int(first), ())):
            if datetime.fromisoformat(message["date"]) >= date:
                yield message

    def follow(self, timeout: float = _POLL) -> Iterator[Message]:
        """Wait for news, and return what came.

        :param timeout: seconds to wait at most.
        """
        select.select([self._connection], [], [], timeout)
        self._connection.poll()
        payloads = [notification.payload for notification in self._connection.notifies]
        self._connection.notifies.clear()
        yield from self._read(self._seen)
        for payload in payloads:
            message = self._codec.decode(payload)
            if message is not None and message["id"] is None:
                yield message

    def _read(self, since: Snapshot) -> Iterator[Message]:
        self._now()
        for snapshot, messages in self._log.read(since):
            self._seen = snapshot
            yield from messages
