"""The blocking way to listen: a bounded mailbox, and batches that stay until they are done with."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pgsocketio.adapter import AbstractAdapter, overrides
from pgsocketio.hub import Hub, Since, Stamp
from pgsocketio.message import Message, thaw
from pgsocketio.runtime import Runtime

logger = logging.getLogger("pgsocketio.mailbox")


@dataclass(frozen=True, slots=True)
class MailboxLimits:
    """Bounds of one mailbox.

    :param messages: most messages waiting; beyond, they stay in the log until there is room.
    :param size: most bytes of their encoded values.
    """

    messages: int = 1_000
    size: int = 4_194_304


class Mailbox:
    """What waits for one listener.

    A durable message stays here from its delivery until the batch it belongs to is finished; as
    long, it holds the position that a client may be told. At the limit the mailbox leaves the hub
    and catches up from the log when it is empty; volatile messages are dropped then.

    :param since: where to start, None: with the next message.
    """

    def __init__(
        self,
        hub: Hub,
        runtime: Runtime,
        adapter: type[AbstractAdapter],
        args: tuple[Any, ...],
        since: Since | None = None,
        limits: MailboxLimits = MailboxLimits(),
    ) -> None:
        self.hub, self.adapter, self.args = hub, adapter, args
        self._formatter = adapter()
        self._limits = limits
        self._arrived = runtime.event()
        self._waiting: deque[tuple[Message, Stamp]] = deque()
        self._size = 0
        self._batch: list[tuple[Message, Stamp]] = []
        self._returned: list[list[tuple[Message, Stamp]]] = []
        self._given: deque[tuple[int, Stamp]] = deque()
        self._behind: Stamp | None = None
        self.closed = False
        hub.subscribe(self, adapter, args, since)

    # -- the hub's side ----------------------------------------------------------------------

    def deliver(self, messages: Sequence[Message]) -> None:
        for message in messages:
            stamp = self.hub.stamp
            if self.closed or self._behind or stamp is None:
                return
            if not self._room_for(message):
                self._overflow(message, stamp)
                continue
            self._waiting.append((message, stamp))
            self._size += message.size
            if message["id"] is not None:
                self._given.append((message["id"], stamp))
            self._arrived.set()

    def _room_for(self, message: Message) -> bool:
        """Whether a message fits; volatile ones make room for durable ones."""
        if self._fits(message) or message["id"] is None:
            return self._fits(message)
        self._waiting = deque(item for item in self._waiting if item[0]["id"] is not None)
        self._size = sum(item.size for item, _stamp in self._waiting)
        return self._fits(message)

    def _fits(self, message: Message) -> bool:
        if not self._waiting:
            return True
        size = self._size + message.size
        return len(self._waiting) < self._limits.messages and size <= self._limits.size

    def _overflow(self, message: Message, stamp: Stamp) -> None:
        if message["id"] is None:
            return
        self._behind = self._given[0][1] if self._given else stamp
        self.hub.unsubscribe(self)
        logger.warning(
            "a listener of %s does not keep up: %d messages wait, the rest stays in the log",
            self.adapter.__qualname__,
            len(self._waiting),
        )

    # -- the reader's side -------------------------------------------------------------------

    def take(self, timeout: float | None = None) -> list[Message]:
        """Finish the batch before, and wait for the next one.

        :param timeout: seconds, None: for ever.
        :returns: messages in order; empty when the time is over or the mailbox was closed.
        """
        self.finish()
        while not self.closed:
            if self._returned:
                self._batch = self._returned.pop(0)
            elif self._waiting:
                self._batch = list(self._waiting)
                self._waiting.clear()
                self._size = 0
            else:
                self._catch_up()
                self._arrived.clear()
                if self._waiting:
                    continue
                if not self._arrived.wait(timeout):
                    return []
                continue
            return self.batch
        return []

    def format(self, messages: Sequence[Message]) -> list[Any]:
        """The messages as the adapter shows them to this listener."""
        if not overrides(self.adapter, "format"):
            return [thaw(message) for message in messages]
        return [self._formatter.format(thaw(message), *self.args) for message in messages]

    @property
    def batch(self) -> list[Message]:
        """The messages of the batch in hand."""
        return [message for message, _stamp in self._batch]

    @property
    def generation(self) -> int:
        """The oldest generation among the messages of the batch in hand, for the envelope."""
        stamps = [stamp.generation for _message, stamp in self._batch]
        return min(stamps, default=self.hub.stamp.generation if self.hub.stamp else 0)

    def finish(self) -> None:
        """The batch in hand is done with."""
        self._batch = []
        keep = self._behind or self._oldest() or self.hub.stamp
        while keep and self._given and self._given[0][1].generation < keep.generation:
            self._given.popleft()

    def put_back(self) -> None:
        """The batch in hand is not done with: the next ``take`` gives it again, first and alone."""
        if self._batch:
            self._returned.insert(0, self._batch)
            self._batch = []
            self._arrived.set()

    def _oldest(self) -> Stamp | None:
        batches = [self._batch, *self._returned, list(self._waiting)[:1]]
        stamps = [stamp for batch in batches for m, stamp in batch if m["id"] is not None]
        return min(stamps, key=lambda stamp: stamp.generation, default=None)

    @property
    def hold(self) -> Stamp | None:
        """The oldest place that this listener still needs; None: it is level with the hub."""
        return self._behind or self._oldest()

    @property
    def catching_up(self) -> bool:
        """Whether messages from before are still to be read from the log."""
        return self.hub.waiting(self)

    def _catch_up(self) -> None:
        """After an overflow: take up from the log again, without what was given already."""
        if self._behind is None:
            return
        seen = frozenset(id for id, _stamp in self._given)
        since = Since(self._behind.position, seen)
        self._behind = None
        self.hub.subscribe(self, self.adapter, self.args, since)

    def close(self) -> Since | None:
        """Leave the hub, and wake the reader.

        :returns: where another mailbox would start to get what this one did not finish.
        """
        self.closed = True
        self.hub.unsubscribe(self)
        self._arrived.set()
        hold = self.hold
        if hold is None:
            return None if self.hub.stamp is None else self.hub.mark()
        batches = [self._batch, *self._returned, list(self._waiting)]
        unfinished = {m["id"] for batch in batches for m, _stamp in batch}
        done = frozenset(i for i, s in self._given if s.generation >= hold.generation)
        return Since(hold.position, done - unfinished)
