"""Reading the log: each statement takes its snapshot along with the rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pgsocketio.errors import Unreadable
from pgsocketio.message import Message, loads
from pgsocketio.position import Position, Snapshot

logger = logging.getLogger("pgsocketio.log")

Page = tuple[Snapshot, list[Message]]
PAGE = 1_000
"""Most rows of one statement."""
PAGE_SIZE = 4_194_304
"""Bytes of their payloads, as PostgreSQL stores them, at which a statement brings no more."""

# Rows that a snapshot did not see; both parts use the index on xid.
_UNSEEN = """
    SELECT id, xid, date, channel, uid, payload,
           sum(pg_column_size(payload)) OVER (ORDER BY id) AS stored
    FROM web_socketio_log
    WHERE (xid >= pg_snapshot_xmax(%(since)s::pg_snapshot)
           OR xid = ANY (ARRAY(SELECT pg_snapshot_xip(%(since)s::pg_snapshot))))
      AND id > %(after)s
      AND (%(upto)s IS NULL OR pg_visible_in_snapshot(xid, %(upto)s::pg_snapshot))
      AND id <> ALL (%(without)s::bigint[])
    ORDER BY id LIMIT %(limit)s
"""
_READ = f"""
    SELECT now.snapshot, l.id, l.xid::text,
           to_char(l.date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
           l.channel, l.uid, l.payload::text, octet_length(l.payload::text), l.stored
    FROM (SELECT pg_current_snapshot()::text AS snapshot) now
    LEFT JOIN LATERAL ({_UNSEEN}) l ON l.stored - pg_column_size(l.payload) < %(size)s
    ORDER BY l.id
"""


_NOW = """
    SELECT web_socketio_position(), value::bigint, extract(epoch FROM clock_timestamp())::float8,
           pg_notification_queue_usage(),
           (SELECT value::float8 - extract(epoch FROM clock_timestamp())::float8
            FROM web_socketio_meta WHERE key = 'polled_until')
    FROM web_socketio_meta WHERE key = 'trimmed_xid'
"""

# In one transaction: who does not know of the promise yet hears the hint, and reads it.
_PROMISE = """
    WITH promise AS (
        INSERT INTO web_socketio_meta AS m (key, value)
        VALUES ('polled_until', (extract(epoch FROM clock_timestamp()) + %s)::text)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value
    )
    SELECT pg_notify(%s, '1:')
"""


class Now(NamedTuple):
    """Where the log stands.

    :param position: whoever starts there misses nothing from now on.
    :param trimmed: the newest transaction that was trimmed.
    :param clock: PostgreSQL's (seconds since 1970).
    :param queue: how full the cluster's queue of NOTIFY is, 0 to 1.
    :param polled: seconds for which servers have promised to poll the log, None: never.
    """

    position: Position
    trimmed: int
    clock: float
    queue: float
    polled: float | None


class LogReader:
    """Reads the log of one database.

    :param connection: psycopg2, in autocommit; nobody else uses it.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        with connection.cursor() as cursor:
            # Slots are emptied and filled between two ANALYZE: the planner knows nothing of them.
            cursor.execute("SET enable_seqscan = off")

    def _one(self, statement: str, *args: Any) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, args)
            return cursor.fetchone()[0]

    def epoch(self) -> str:
        """Names this log; see docs/guarantees."""
        return str(self._one("SELECT web_socketio_epoch()"))

    def secret(self) -> bytes:
        """The key of inline content."""
        text = self._one("SELECT value FROM web_socketio_meta WHERE key = 'secret'")
        return bytes.fromhex(text)

    def now(self) -> Now:
        """Where the log stands."""
        with self._connection.cursor() as cursor:
            cursor.execute(_NOW)
            position, *others = cursor.fetchone()
        return Now(Position.parse(position), *others)

    def renew(self) -> bool:
        """Start another log when this one was made elsewhere: restored, duplicated, promoted.

        :returns: whether it was; its messages are gone then, and no older position holds.
        """
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT web_socketio_renew()")
            return bool(cursor.fetchone()[0])

    def notify(self, channel: str, payload: str) -> None:
        """Send a NOTIFY on this connection."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [channel, payload])

    def promise(self, channel: str, seconds: float) -> None:
        """Let publishers know that every server polls the log, and the servers that they have to.

        :param seconds: from now on.
        """
        with self._connection.cursor() as cursor:
            cursor.execute(_PROMISE, [seconds, channel])

    def read(
        self, since: Snapshot, until: Snapshot | None = None, without: Iterable[int] = ()
    ) -> Iterator[Page]:
        """Read what a snapshot did not see, page by page in order of ids.

        :param until: another one that does see it; None: that of the first page.
        :param without: ids of messages that are left out.
        :yields: the snapshot of the read (the same for all its pages) and some messages, bounded
            by :data:`PAGE` and :data:`PAGE_SIZE`; at least one page, that may be empty.
        """
        upto = None if until is None else str(until)
        bounds = {"since": str(since), "without": f"{{{','.join(map(str, without))}}}"}
        after: int | None = 0
        while after is not None:
            snapshot, messages, after = self._page({**bounds, "upto": upto, "after": after})
            upto = upto or snapshot
            yield Snapshot.parse(upto), messages

    def _page(self, bounds: dict[str, Any]) -> tuple[str, list[Message], int | None]:
        """One page, and the last id of it if more may follow."""
        with self._connection.cursor() as cursor:
            cursor.execute(_READ, {**bounds, "limit": PAGE, "size": PAGE_SIZE})
            rows = cursor.fetchall()
        snapshot = rows[0][0]
        rows = [row[1:] for row in rows if row[1] is not None]
        messages = [message for row in rows if (message := _message(row)) is not None]
        full = len(rows) == PAGE or (bool(rows) and rows[-1][-1] >= PAGE_SIZE)
        return snapshot, messages, rows[-1][0] if full else None


def _message(row: tuple[Any, ...]) -> Message | None:
    """The message of a row; what nobody could receive is named and left out."""
    id, xid, date, channel, uid, payload, size, _stored = row
    try:
        return Message(id, channel, uid, date, loads(payload), xid=int(xid), size=size)
    except Unreadable as error:
        logger.error("message %d on %r cannot be delivered: %s", id, channel, error)
        return None
