"""A message log in memory with a hub on it: late commits, rollbacks, reads, inline content."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

from pgsocketio.errors import BadPosition
from pgsocketio.hub import Hub
from pgsocketio.members import Members, Target
from pgsocketio.message import Message, encode_values
from pgsocketio.position import Position, Snapshot

DATE = "2026-01-01T00:00:00.000000+00:00"
EPOCH = "00000000000000aa"


class Transaction:
    """What one publisher does between BEGIN and COMMIT."""

    def __init__(self, database: MemoryDatabase, xid: int) -> None:
        self.xid = xid
        self._database = database
        self._messages: list[Message] = []

    def publish(self, channel: str, /, **values: Any) -> Message:
        """Publish a message; nobody sees it before :meth:`commit`."""
        message = self._database.message(channel, values, self.xid)
        self._messages.append(message)
        return message

    def commit(self, inline: bool = True) -> None:
        """Let the messages appear in the log.

        :param inline: the hub gets their content at once, as by NOTIFY; else with the next read.
        """
        self._database.committed(self.xid, self._messages)
        if inline:
            self._database.hub.deliver_inline(self._messages)

    def rollback(self) -> None:
        self._database.committed(self.xid, [])


class MemoryDatabase:
    """A database as the core sees it: the scope of its clients, fed by hand.

    Transactions get ids as in PostgreSQL: taken at the beginning, visible in the order of COMMIT.

    :param members: of the server whose clients meet here; None where there is none.
    :ivar hub: never read the log yet; :meth:`read` makes it live.
    :ivar wanted: True when a listener waits for :meth:`read`.
    :ivar by_hand: True: a driver leaves every :meth:`read` to the test.
    """

    def __init__(
        self,
        name: str = "memory",
        members: Members | None = None,
        breathe: Callable[[], Any] = lambda: None,
    ) -> None:
        self.name = name
        self.wanted = self.by_hand = False
        self.hub: Hub = Hub(self._wake, breathe)
        self.backplane = self
        self._members = members
        self._log: list[Message] = []
        self._ids = itertools.count(1)
        self._next_xid = 100
        self._trimmed = 0
        self._running: set[int] = set()

    def _wake(self) -> None:
        self.wanted = True

    # -- the publishers' side ----------------------------------------------------------------

    def transaction(self) -> Transaction:
        """Begin a transaction."""
        xid, self._next_xid = self._next_xid, self._next_xid + 1
        self._running.add(xid)
        return Transaction(self, xid)

    def publish(self, channel: str, /, **values: Any) -> Message:
        """Publish one message in a transaction of its own; it arrives as by NOTIFY."""
        transaction = self.transaction()
        message = transaction.publish(channel, **values)
        transaction.commit()
        return message

    def publish_volatile(self, channel: str, /, **values: Any) -> Message:
        """Publish what is not kept in the log."""
        message = self.message(channel, values, None)
        self.hub.deliver_inline([message])
        return message

    def message(self, channel: str, values: dict[str, Any], xid: int | None) -> Message:
        """A message that nobody has seen."""
        text = encode_values(values)
        number = None if xid is None else next(self._ids)
        plain = json.loads(text)
        return Message(number, channel, 2, DATE, plain, xid=xid, size=len(text.encode()))

    def committed(self, xid: int, messages: Sequence[Message]) -> None:
        """A transaction is over."""
        self._running.discard(xid)
        self._log.extend(messages)

    def trim(self) -> None:
        """Drop every message from the log, as when all are older than the retention."""
        self._trimmed = max((message.xid or 0 for message in self._log), default=self._trimmed)
        self._log.clear()

    # -- the listener's side -----------------------------------------------------------------

    def position(self) -> Position:
        """Now, as ``web_socketio_position()`` tells it."""
        running = tuple(sorted(self._running))
        return Position(EPOCH, Snapshot(min((self._next_xid, *running)), self._next_xid, running))

    def rows(self, since: Snapshot) -> list[Message]:
        """What a snapshot did not see, in order of ids."""
        rows = [message for message in self._log if not since.sees(message.xid or 0)]
        return sorted(rows, key=lambda message: int(message["id"]))

    def read(self, page: int = 1_000) -> None:
        """Let the hub read the log once.

        :param page: most messages handed over at a time.
        """
        self.wanted = False
        now = self.position()
        rows = self.rows(self.hub.begin_read(now, self._trimmed))
        for start in range(0, len(rows) or 1, page):
            self.hub.read(rows[start : start + page])
        self.hub.end_read(now)

    # -- the scope's side --------------------------------------------------------------------

    def resume(self, token: str) -> Position | None:
        """A client's position, when it is one of this log and nothing after it was trimmed."""
        try:
            position = Position.parse(token)
        except BadPosition:
            return None
        snapshot, now = position.snapshot, self.position().snapshot
        if position.epoch != EPOCH or snapshot.xmax > now.xmax:
            return None
        if snapshot.needs(self._trimmed, now):
            self.read()
            return None
        return position

    def emit(
        self, namespace: str, event: str, args: Sequence[Any], room: str | None, skip: str | None
    ) -> None:
        """The backplane of a system with this one process."""
        if self._members is not None:
            self._members.emit(self.name, namespace, event, args, room, skip)

    def kick(self, target: Target, reason: str) -> None:
        """The backplane of a system with this one process."""
        if self._members is not None:
            self._members.kick(self.name, target, reason)
