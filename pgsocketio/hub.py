"""The hub: one stream of messages per database, split among the listeners of this process.

Two sources feed it. A *read* of the log is the truth: it moves the position. Between two reads the
content of a NOTIFY may be delivered at once; its id is remembered until the next read covers it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pgsocketio.adapter import AbstractAdapter, check_index
from pgsocketio.message import Message
from pgsocketio.position import NOTHING, Position, Since, Snapshot, Stamp
from pgsocketio.routes import Routes, Sink

logger = logging.getLogger("pgsocketio.hub")


@dataclass(slots=True)
class _Replay:
    """A listener that waits for the next read of the log to be caught up."""

    sink: Sink
    adapter: type[AbstractAdapter]
    args: tuple[Any, ...]
    since: Since
    given: set[int] = field(default_factory=set)
    crowd: ClassVar[None] = None

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        sees, seen, given = self.since.position.snapshot.sees, self.since.seen, self.given
        missed = [m for m in messages if m.xid and not sees(m.xid)]
        missed = [m for m in missed if m["id"] not in seen and m["id"] not in given]
        if missed:
            given.update(m["id"] for m in missed)  # in case this read breaks off
            self.sink.deliver(missed, self.since.stamp(stamp.delivered))

    def missed(self) -> None:
        self.sink.missed()

    __hash__ = object.__hash__


class Hub:
    """Routes the messages of one database.

    :param wake: called when a listener waits for a read of the log.
    :param breathe: gives way to others during long deliveries.
    :ivar delivered: called with new messages after they were handed to all their listeners.
    :ivar heard: called in the middle of a read, while others are caught up: what was heard since it
        began may be delivered now.
    :ivar news: how many messages the position has moved past; it moves without any, too.
    :ivar dropped: volatile messages that a listener had no room for.
    :ivar overflows: how often a listener did not keep up, and was left to the log.
    """

    def __init__(
        self,
        wake: Callable[[], Any] = lambda: None,
        breathe: Callable[[], Any] = lambda: None,
    ) -> None:
        self.dropped = self.overflows = self.news = 0
        self.delivered: Callable[[Sequence[Message]], Any] = lambda _messages: None
        self.heard: Callable[[], Any] = lambda: None
        self.stamp: Stamp | None = None
        self._recent: dict[int, Message] = {}
        self.routes = Routes(breathe)
        self._wake = wake
        self._breathe = breathe
        self._replays: dict[Sink, _Replay] = {}
        self._reading: tuple[Routes, list[_Replay]] = (Routes(), [])
        self._unfinished: set[int] = set()
        self._delivering = False
        self._midway: Stamp | None = None

    # -- listeners ---------------------------------------------------------------------------

    def mark(self) -> Since | None:
        """Now, as a place to start from later; None before the first read."""
        stamp = self.stamp
        if stamp is None:
            return None
        had = self.had
        return Since(stamp.position, frozenset(had) if had else NOTHING, stamp.generation)

    @property
    def had(self) -> set[int]:
        """Ids of the messages after its position that were delivered already."""
        return self._recent.keys() | self._unfinished

    def subscribe(
        self,
        sink: Sink,
        adapter: type[AbstractAdapter],
        args: tuple[Any, ...] = (),
        since: Since | None = None,
    ) -> None:
        """Let a listener receive what its adapter chooses.

        :param since: where to start; None: with the next message. Caught up before anything new.
        :raises TypeError: for an indexed adapter, when no message can equal the first argument.
        """
        check_index(adapter, args)
        if since is None:
            self.routes.add(sink, adapter, args)
            return
        replay = _Replay(sink, adapter, args, self.locate(since))
        if self.stamp is None or not self._level(since):
            self._replays[sink] = replay
            self._wake()
            return
        if not self._recent.keys() <= since.seen:
            only = Routes()
            only.add(replay, adapter, args)
            only.deliver(list(self._recent.values()), self._midway or self.stamp)
        self.routes.add(sink, adapter, args)

    def locate(self, since: Since) -> Since:
        """A place that a client brought, among the generations of this hub where it is level."""
        if self.stamp is None or not self._level(since):
            return since
        return Since(since.position, since.seen, self.stamp.generation)

    def _level(self, since: Since) -> bool:
        """Whether memory holds all that a listener needs, and nothing of it is on its way.

        What it has seen, but this hub has not, came from another server process.
        """
        level = self.stamp is not None and since.position == self.stamp.position
        busy = self._unfinished or self._delivering
        return level and not busy and since.seen <= self._recent.keys()

    def unsubscribe(self, sink: Sink) -> Since | None:
        """Forget a listener; unknown ones too.

        :returns: for one that was not caught up yet, where it would go on.
        """
        self.routes.remove(sink)
        replay = self._replays.pop(sink, None)
        if replay is None:
            return None
        self._reading[0].remove(replay)
        since = replay.since
        return Since(since.position, since.seen | replay.given, since.generation)

    @property
    def replaying(self) -> bool:
        """Whether any listener waits to be caught up."""
        return bool(self._replays)

    @property
    def generation(self) -> int:
        """Of what is delivered now: the hub's own, or the next while a read is under way."""
        stamp = self._midway or self.stamp
        return 0 if stamp is None else stamp.delivered

    def waiting(self, sink: Sink) -> bool:
        """Whether a listener has still to be caught up."""
        return sink in self._replays

    # -- the stream --------------------------------------------------------------------------

    def deliver_inline(self, messages: Iterable[Message]) -> None:
        """Deliver what a NOTIFY carried, unless the log or an earlier NOTIFY brought it already."""
        if self.stamp is None:
            return  # the first read brings it
        sees, recent = self.stamp.position.snapshot.sees, self._recent
        fresh = []
        for message in messages:
            if message.xid is not None:
                number = message["id"]
                if number in recent or number in self._unfinished or sees(message.xid):
                    continue
                recent[message["id"]] = message
            fresh.append(message)
        self._deliver(self.routes, fresh, self._midway or self.stamp)
        self.delivered(fresh)

    def _deliver(self, routes: Routes, messages: Sequence[Message], stamp: Stamp) -> None:
        self._delivering = True
        try:
            routes.deliver(messages, stamp)
        finally:
            self._delivering = False

    def begin_read(self, now: Position, trimmed: int = 0, catch_up: bool = True) -> Snapshot:
        """Start a read of the log. Content may be delivered inline between its pages.

        :param now: where a hub that never read starts from.
        :param trimmed: the newest transaction that is not in the log any more.
        :param catch_up: whether the listeners that wait are caught up by this read.
        :returns: the snapshot to read from: the oldest of the hub's and of the waiting listeners'.
        """
        if self.stamp is None:
            self.stamp = Stamp(0, now, 0)
        generation = self.stamp.generation
        self._midway = Stamp(generation, self.stamp.position, generation + 1)
        replays = list(self._replays.values()) if catch_up else []
        routes = Routes(self._breathe_midway)
        for replay in replays:
            routes.add(replay, replay.adapter, replay.args)
            if replay.since.position.snapshot.needs(trimmed, now.snapshot):
                replay.missed()
        self._reading = (routes, replays)
        oldest = self.stamp.position.snapshot
        for replay in replays:
            oldest = oldest.meet(replay.since.position.snapshot)
        return oldest

    def _breathe_midway(self) -> None:
        """Catching up gives way to live messages, too; at its end they come by themselves."""
        self._breathe()
        if self._midway is not None:
            self.heard()

    def read(self, messages: Sequence[Message], catch_up: bool = True) -> None:
        """Deliver one page of the read, in order of ids.

        :param catch_up: also to the listeners that wait; else a later page brings it to them.
        """
        assert self.stamp is not None
        sees = self.stamp.position.snapshot.sees
        had = self.had
        new = [m for m in messages if m.xid and not sees(m.xid) and m["id"] not in had]
        self._unfinished.update(m["id"] for m in new)  # in case this read breaks off
        self._deliver(self.routes, new, self.stamp)
        self.delivered(new)
        if catch_up:
            self._reading[0].deliver(messages, self.stamp)

    def end_read(self, position: Position) -> None:
        """Finish the read.

        :param position: what the read saw. Listeners that were caught up go on live from here.
        """
        assert self.stamp is not None
        generation = self.stamp.generation + 1
        self.stamp, self._midway = Stamp(generation, position, generation), None
        sees, had = position.snapshot.sees, len(self._recent) + len(self._unfinished)
        self._recent = {i: m for i, m in self._recent.items() if not sees(m.xid or 0)}
        self._unfinished = set()
        self.news += had - len(self._recent)
        for replay in self._reading[1]:  # all before was given
            replay.since = Since(position, replay.since.seen, generation)
        self._deliver(self._reading[0], list(self._recent.values()), self.stamp)
        for replay in self._reading[1]:
            if self._replays.get(replay.sink) is replay:
                del self._replays[replay.sink]
                self.routes.add(replay.sink, replay.adapter, replay.args)
        self._reading = (Routes(), [])

    def reset(self) -> None:
        """Forget the position: the log is another one now. Listeners stay."""
        self.stamp = self._midway = None
        self._recent, self._unfinished = {}, set()
