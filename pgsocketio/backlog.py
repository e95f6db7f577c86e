"""What LISTEN has heard and nobody has yet: in order, bounded, and none of what a read brings."""

from __future__ import annotations

from collections import deque

from pgsocketio.message import Message
from pgsocketio.position import Snapshot
from pgsocketio.wire import NotifyCodec

_HINT = ""  # carries no content: what is before it in the log has to be read


class Backlog:
    """Payloads in the order of their NOTIFY.

    :param limit: most of them; beyond, they are one hint, and the log is read instead.
    :ivar codec: tells content from hints; another one when the secret of the log is known.
    """

    def __init__(self, limit: int) -> None:
        self.codec = NotifyCodec(b"")
        self._limit = limit
        self._waiting: deque[str | Message] = deque()
        self._taken = 0  # in all
        self._covered = 0  # of those, by reads: they were heard before the last one began

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def hear(self, payload: str) -> None:
        """Add what a NOTIFY carried."""
        if len(self._waiting) >= self._limit:
            self._taken += len(self._waiting)
            self._waiting.clear()
            self._waiting.append(_HINT)  # what was dropped is read first, in its order
        self._waiting.append(payload)

    def cover(self) -> None:
        """A read of the log begins: it brings all that was heard so far."""
        self._covered = self._taken + len(self._waiting)

    def take(self, reading: Snapshot | None = None, covered_only: bool = False) -> list[Message]:
        """Content from the head, up to a hint that needs a read.

        :param reading: of the read that is under way: it brings, in its order, what this sees and
            what was heard before it began. Volatile messages wait for its end, as those of their
            transaction may be among that.
        :param covered_only: nothing that was heard after the last read began.
        """
        contents: list[Message] = []
        held: list[str | Message] = []
        while self._waiting:
            head = self._waiting[0]
            read = self._taken + len(held) < self._covered
            if covered_only and not read:
                break
            message = head if isinstance(head, Message) else self.codec.decode(head)
            if message is None and not read:
                break
            self._waiting.popleft()
            if message is not None and message.xid is None and reading is not None:
                held.append(message)  # as it is: content is believed only once
                continue
            self._taken += 1
            if message is not None and not (message.xid and (read or _sees(reading, message.xid))):
                contents.append(message)
        self._waiting.extendleft(reversed(held))
        return contents


def _sees(snapshot: Snapshot | None, xid: int) -> bool:
    return snapshot is not None and snapshot.sees(xid)
