"""What waits for one listener: bounded, in batches that stay until they are done with."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.hub import Hub
from pgsocketio.message import Message
from pgsocketio.position import Since, Stamp

logger = logging.getLogger("pgsocketio.mailbox")

Item = tuple[Message, Stamp]


@dataclass(frozen=True, slots=True)
class MailboxLimits:
    """Bounds of one mailbox.

    :param messages: most messages waiting; beyond, they stay in the log until there is room.
    :param size: most bytes of their encoded values.
    """

    messages: int = 1_000
    size: int = 4_194_304


class Mailbox:
    """The messages of one listener.

    A durable message stays here from its delivery until the batch it belongs to is finished; as
    long, it holds the position that a client may be told. At the limit the mailbox leaves the hub
    and catches up from the log when it is empty; volatile messages are dropped then.

    :param arrived: called when something waits that :meth:`next` will give. Must not block.
    :param missed: called when what it missed is not in the log any more. Must not block.
    """

    __slots__ = (
        "_again", "_arrived", "_batch", "_behind", "_given", "_limits", "_size", "_waiting",
        "adapter", "args", "closed", "hub", "missed",
    )  # fmt: skip
    crowd = None

    def __init__(
        self,
        hub: Hub,
        adapter: type[AbstractAdapter],
        args: tuple[Any, ...],
        arrived: Callable[[], Any],
        limits: MailboxLimits = MailboxLimits(),
        missed: Callable[[], Any] = lambda: None,
    ) -> None:
        self.hub, self.adapter, self.args = hub, adapter, args
        self.closed = False
        self._arrived = arrived
        self.missed = missed
        self._limits = limits
        self._waiting: list[Item] = []
        self._size = 0
        self._batch: list[Item] = []
        self._again = False
        self._given: deque[tuple[int, Stamp]] = deque()
        self._behind: Stamp | None = None

    def start(self, since: Since | None = None) -> None:
        """Enter the hub.

        :param since: where to start, None: with the next message.
        """
        if since is not None:
            stamp = self.hub.locate(since).stamp(self.hub.generation)
            self._given = deque((number, stamp) for number in since.seen)
        self.hub.subscribe(self, self.adapter, self.args, since)

    # -- the hub's side ----------------------------------------------------------------------

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        for message in messages:
            if self.closed or self._behind:
                break
            if self._waiting and not self._room_for(message):
                self._overflow(message, stamp)
                continue
            self._waiting.append((message, stamp))
            self._size += message.size
            if message["id"] is not None:
                self._given.append((message["id"], stamp))
        if self._waiting:
            self._arrived()

    def _room_for(self, message: Message) -> bool:
        """Whether a message fits; volatile ones make room for durable ones."""
        if self._fits(message) or message["id"] is None:
            return self._fits(message)
        before = len(self._waiting)
        self._waiting = [item for item in self._waiting if item[0]["id"] is not None]
        self.hub.dropped += before - len(self._waiting)
        self._size = sum(item.size for item, _stamp in self._waiting)
        return self._fits(message)

    def _fits(self, message: Message) -> bool:
        if not self._waiting:
            return True
        size = self._size + message.size
        return len(self._waiting) < self._limits.messages and size <= self._limits.size

    def _overflow(self, message: Message, stamp: Stamp) -> None:
        if message["id"] is None:
            self.hub.dropped += 1
            return
        self.hub.overflows += 1
        hold = self.hold
        self._behind = stamp if hold is None or stamp.generation < hold.generation else hold
        self.hub.unsubscribe(self)
        logger.warning(
            "a listener of %s does not keep up: %d messages wait, the rest stays in the log",
            self.adapter.__qualname__,
            len(self._waiting),
        )

    # -- the listener's side -----------------------------------------------------------------

    def next(self) -> list[Message]:
        """Finish the batch before, unless it was put back, and take the next one in hand.

        :returns: messages in order; empty when nothing waits. ``arrived`` is called when it does.
        """
        if self._again:
            self._again = False
            return self.batch
        self.finish()
        if self._waiting:
            self._batch, self._waiting = self._waiting, []
            self._size = 0
        elif self._behind is not None:
            self._catch_up(self._behind)
        return self.batch

    @property
    def batch(self) -> list[Message]:
        """The messages of the batch in hand."""
        return [message for message, _stamp in self._batch]

    @property
    def in_hand(self) -> bool:
        """Whether there is a batch in hand."""
        return bool(self._batch)

    @property
    def generation(self) -> int:
        """Of the hub when the newest of the batch in hand came: a later position covers it all."""
        if len(self._batch) == 1:
            return self._batch[0][1].delivered
        stamps = (stamp.delivered for _message, stamp in self._batch)
        return max(stamps, default=self.hub.generation)

    def finish(self) -> None:
        """The batch in hand is done with."""
        self._batch, self._again = [], False
        if not self._given or self._given[0][1].delivered >= self.hub.generation:
            return  # all of it came since the last position
        if self.catching_up:
            return  # all that was given is needed if it breaks off
        keep = self.hold or self.hub.stamp
        while keep and self._given and self._given[0][1].delivered < keep.generation:
            self._given.popleft()

    def put_back(self, done: Container[int] = ()) -> None:
        """The batch in hand is not done with: :meth:`next` gives it again, first and alone.

        Volatile messages are given once at most: nobody could tell that they come again.

        :param done: ids of messages in it that are.
        """
        ids = [message["id"] for message, _stamp in self._batch]
        again = [number is not None and number not in done for number in ids]
        self._batch = list(itertools.compress(self._batch, again))
        self._again = bool(self._batch)

    @property
    def depth(self) -> int:
        """Messages that wait, those in hand included."""
        return len(self._batch) + len(self._waiting)

    @property
    def is_put_back(self) -> bool:
        """Whether :meth:`next` gives the batch in hand again."""
        return self._again

    @property
    def hold(self) -> Stamp | None:
        """The oldest place that this listener still needs; None: it is level with the hub."""
        if self._behind is not None:
            return self._behind
        items = [*self._batch, *self._waiting]
        stamps = [stamp for message, stamp in items if message["id"] is not None]
        return min(stamps, key=lambda stamp: stamp.generation, default=None)

    @property
    def catching_up(self) -> bool:
        """Whether messages from before are still to be read from the log."""
        return self.hub.waiting(self)

    def _catch_up(self, behind: Stamp) -> None:
        """After an overflow: take up from the log again, without what was given already."""
        self._behind = None
        seen = frozenset(number for number, _stamp in self._given)
        self.start(Since(behind.position, seen, behind.generation))

    def close(self, done: bool = False) -> Since | None:
        """Leave the hub.

        :param done: the batch in hand is done with, unless it was put back.
        :returns: where another mailbox would start to get what this one did not finish.
        """
        self.closed = True
        hold = self.hold
        rest = self.hub.unsubscribe(self)
        self._arrived()
        items = self._waiting if done and not self._again else [*self._batch, *self._waiting]
        unfinished = {message["id"] for message, _stamp in items}
        if rest is not None:
            return Since(rest.position, rest.seen - unfinished, rest.generation)
        if hold is None:
            return self.hub.mark()
        given = frozenset(i for i, s in self._given if s.delivered >= hold.generation)
        return Since(hold.position, given - unfinished, hold.generation)
