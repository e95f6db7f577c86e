"""The hub: one stream of messages per database, split among the listeners of this process.

Two sources feed it. A *read* of the log is the truth: it moves the position. Between two reads the
content of a NOTIFY may be delivered at once; its id is remembered until the next read covers it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.message import Message
from pgsocketio.position import Position, Snapshot
from pgsocketio.routes import Routes, Sink

logger = logging.getLogger("pgsocketio.hub")


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """A position of the hub.

    :param generation: how many reads came before; orders the stamps of one hub.
    :param recent: what was delivered since, by id and in order; grows until the next stamp.
    """

    generation: int
    position: Position
    recent: dict[int, Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Since:
    """Where a listener starts: after a position, but not with what it has already.

    :param position: everything before lies behind.
    :param seen: ids that it got after that position.
    """

    position: Position
    seen: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Replay:
    """A listener that waits for the next read of the log to be caught up."""

    sink: Sink
    adapter: type[AbstractAdapter]
    args: tuple[Any, ...]
    since: Since
    given: set[int] = field(default_factory=set)

    def deliver(self, messages: Sequence[Message]) -> None:
        sees, seen = self.since.position.snapshot.sees, self.since.seen | self.given
        missed = [m for m in messages if m.xid and not sees(m.xid) and m["id"] not in seen]
        if missed:
            self.given.update(m["id"] for m in missed)  # in case this read breaks off
            self.sink.deliver(missed)

    __hash__ = object.__hash__


class Hub:
    """Routes the messages of one database.

    :param wake: called when a listener waits for a read of the log.
    :param breathe: gives way to others during long deliveries.
    """

    def __init__(
        self, wake: Callable[[], Any] = lambda: None, breathe: Callable[[], Any] = lambda: None
    ) -> None:
        self.stamp: Stamp | None = None
        self.routes = Routes(breathe)
        self._wake = wake
        self._breathe = breathe
        self._replays: dict[Sink, _Replay] = {}
        self._reading: tuple[Routes, list[_Replay]] = (Routes(), [])
        self._unfinished: set[int] = set()

    # -- listeners ---------------------------------------------------------------------------

    def mark(self) -> Since | None:
        """Now, as a place to start from later; None before the first read."""
        if self.stamp is None:
            return None
        return Since(self.stamp.position, frozenset(self.stamp.recent))

    def subscribe(
        self,
        sink: Sink,
        adapter: type[AbstractAdapter],
        args: tuple[Any, ...] = (),
        since: Since | None = None,
    ) -> None:
        """Let a listener receive what its adapter chooses.

        :param since: where to start; None: with the next message. Caught up before anything new.
        """
        if since is None:
            self.routes.add(sink, adapter, args)
            return
        replay = _Replay(sink, adapter, args, since)
        level = self.stamp is not None and since.position == self.stamp.position
        if self.stamp is not None and level and not self._unfinished:
            if self.stamp.recent.keys() <= since.seen:
                self.routes.add(sink, adapter, args)
                return  # nothing since
            only = Routes()
            only.add(replay, adapter, args)
            only.deliver(list(self.stamp.recent.values()))
            self.routes.add(sink, adapter, args)
            return
        self._replays[sink] = replay
        self._wake()

    def unsubscribe(self, sink: Sink) -> None:
        """Forget a listener; unknown ones too."""
        self.routes.remove(sink)
        self._replays.pop(sink, None)

    def waiting(self, sink: Sink) -> bool:
        """Whether a listener has still to be caught up."""
        return sink in self._replays

    # -- the stream --------------------------------------------------------------------------

    def deliver_inline(self, messages: Iterable[Message]) -> None:
        """Deliver what a NOTIFY carried, unless the log or an earlier NOTIFY brought it already."""
        if self.stamp is None:
            return  # the first read brings it
        sees, recent = self.stamp.position.snapshot.sees, self.stamp.recent
        fresh = []
        for message in messages:
            if message.xid is not None:
                number = message["id"]
                if number in recent or number in self._unfinished or sees(message.xid):
                    continue
                recent[message["id"]] = message
            fresh.append(message)
        self.routes.deliver(fresh)

    def begin_read(self, now: Position) -> Snapshot:
        """Start a read of the log.

        :param now: where a hub that never read starts from.
        :returns: the snapshot to read from: the oldest of the hub's and of the waiting listeners'.
        """
        if self.stamp is None:
            self.stamp = Stamp(0, now)
        replays = list(self._replays.values())
        routes = Routes(self._breathe)
        for replay in replays:
            routes.add(replay, replay.adapter, replay.args)
        self._reading = (routes, replays)
        oldest = self.stamp.position.snapshot
        for replay in replays:
            oldest = oldest.meet(replay.since.position.snapshot)
        return oldest

    def read(self, messages: Sequence[Message]) -> None:
        """Deliver one page of the read, in order of ids."""
        assert self.stamp is not None
        sees = self.stamp.position.snapshot.sees
        had = self.stamp.recent.keys() | self._unfinished
        new = [m for m in messages if m.xid and not sees(m.xid) and m["id"] not in had]
        self._unfinished.update(m["id"] for m in new)  # in case this read breaks off
        self.routes.deliver(new)
        self._reading[0].deliver(messages)

    def end_read(self, position: Position) -> None:
        """Finish the read.

        :param position: what the read saw. Listeners that were caught up go on live from here.
        """
        assert self.stamp is not None
        self.stamp = Stamp(self.stamp.generation + 1, position)
        self._unfinished = set()
        for replay in self._reading[1]:
            if self._replays.get(replay.sink) is replay:
                del self._replays[replay.sink]
                self.routes.add(replay.sink, replay.adapter, replay.args)
        self._reading = (Routes(), [])

    def reset(self) -> None:
        """Forget the position: the log is another one now. Listeners stay."""
        self.stamp = None
        self._unfinished = set()
