"""What LISTEN has heard and nobody has yet: in order, bounded, and none of what a read brings."""

from __future__ import annotations

from collections import deque

from pgsocketio.message import Message
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

    def take(self, midway: bool = False) -> list[Message]:
        """Content from the head, up to a hint that needs a read.

        :param midway: a read is under way, and brings in its order what was heard before it began;
            a volatile message of then has to wait for its end.
        """
        contents: list[Message] = []
        while self._waiting:
            head = self._waiting[0]
            message = head if isinstance(head, Message) else self.codec.decode(head)
            read = self._taken < self._covered
            if message is None and not read:
                break
            if message is not None and message.xid is None and read and midway:
                self._waiting[0] = message  # it is believed only once
                break
            if message is not None and not (read and message.xid is not None):
                contents.append(message)
            self._waiting.popleft()
            self._taken += 1
        return contents
