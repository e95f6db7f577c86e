"""Which listeners a message reaches. Cost follows the recipients, not the number of listeners."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol

from pgsocketio.adapter import AbstractAdapter, overrides
from pgsocketio.message import Message
from pgsocketio.position import Stamp

logger = logging.getLogger("pgsocketio.hub")


class Sink(Protocol):
    """Where the messages of one listener go.

    ``deliver`` gets the messages and what they were delivered after; it must not block.

    :ivar crowd: who serves it together with others, None: it is served alone.
    """

    @property
    def crowd(self) -> Crowd | None: ...

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None: ...

    def missed(self) -> None:
        """Messages between where it started and now are not in the log any more."""


class Crowd(Protocol):
    """Hands the same messages to many at once; must not block."""

    def serve(self, sinks: Sequence[Any], messages: Sequence[Message], stamp: Stamp) -> None: ...


_crowd = attrgetter("crowd")


def _typed(value: Any) -> Hashable:
    """A key in which True and 1 differ; unhashable values are only equal to themselves."""
    if isinstance(value, (bool, tuple)):
        return (type(value), value)
    try:
        hash(value)
    except TypeError:
        return (id, id(value))
    return value  # type: ignore[no-any-return]


def _key(args: tuple[Any, ...]) -> Hashable:
    """Of a group; with one argument it is what an index finds in a message."""
    return _typed(args[0]) if len(args) == 1 else tuple(map(_typed, args))


class Group(dict["Sink", None]):
    """The listeners of one adapter with equal arguments: they are asked once, together.

    ``left`` counts those who left. It is its own dict because each object less is a cache miss
    less for a message to one of many.
    """

    __slots__ = ("args", "left", "table")

    def __init__(self, table: AdapterRoutes, args: tuple[Any, ...]) -> None:
        super().__init__()
        self.table = table
        self.args = args
        self.left = 0


class AdapterRoutes:
    """All groups of one adapter class on its channel.

    One instance of the adapter serves them all: it holds nothing of a listener, and little memory
    is touched for each message.
    """

    __slots__ = ("_adapter", "_groups", "_name", "_selects", "_several", "adapter")

    def __init__(self, adapter: type[AbstractAdapter]) -> None:
        self.adapter = adapter
        self._adapter = adapter()
        self._name = f"{adapter.__module__}.{adapter.__qualname__}"
        self._selects = overrides(adapter, "get")
        self._groups: dict[Hashable, Group] = {}
        self._several: dict[Hashable, list[Group]] = {}  # with more arguments than the indexed one

    def __bool__(self) -> bool:
        return bool(self._groups)

    def groups(self) -> Iterable[Group]:
        """All of them; one may change while it is looked at, none may be added."""
        return self._groups.values()

    def add(self, args: tuple[Any, ...], sink: Sink) -> Group:
        key = _key(args)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(self, args)
            if len(args) > 1 and self.adapter.index is not None:
                self._several.setdefault(_typed(args[0]), []).append(group)
        group[sink] = None
        return group

    def remove(self, group: Group, sink: Sink) -> None:
        group.pop(sink, None)
        group.left += 1
        if group:
            return
        del self._groups[_key(group.args)]
        if len(group.args) > 1 and self.adapter.index is not None:
            value = _typed(group.args[0])
            self._several[value] = [one for one in self._several[value] if one is not group]
            if not self._several[value]:
                del self._several[value]

    def match(self, messages: Sequence[Message]) -> Iterable[tuple[Group, Sequence[Message]]]:
        """The groups concerned, each with the messages to ask its adapter about."""
        if self.adapter.index is None:
            return [(group, messages) for group in self._groups.values()]
        found: dict[int, tuple[Group, list[Message]]] = {}
        for message in messages:
            for group in self._indexed(message):
                found.setdefault(id(group), (group, []))[1].append(message)
        return found.values()

    def _indexed(self, message: Message) -> Iterator[Group]:
        """The groups whose first argument a message names, and the one without arguments."""
        value = _typed(message["values"].get(self.adapter.index))
        for key in ((), value):
            group = self._groups.get(key)
            if group is not None:
                yield group
        yield from self._several.get(value, ())

    def select(self, group: Group, messages: Sequence[Message]) -> Sequence[Message]:
        """What the adapter chooses, in the order of the log; nothing where it fails."""
        if not self._selects:
            return messages
        try:
            chosen = {id(message) for message in self._adapter.get(list(messages), *group.args)}
        except Exception:
            text = "adapter %s failed in get(); its listeners miss these messages"
            logger.exception(text, self._name)
            return ()
        selected = [message for message in messages if id(message) in chosen]
        if len(selected) != len(chosen):
            logger.error("adapter %s returned what it was not given; left out", self._name)
        return selected


class Routes:
    """The routing table of one database: channel, adapter, arguments, listeners.

    :param breathe: called after each batch of sends, so that others get their turn.
    :param batch: how many sends there are in between.
    """

    def __init__(self, breathe: Callable[[], Any] = lambda: None, batch: int = 100) -> None:
        self._channels: dict[str, dict[type[AbstractAdapter], AdapterRoutes]] = {}
        self._groups: dict[Sink, Group] = {}
        self._breathe = breathe
        self._batch = batch

    def __len__(self) -> int:
        return len(self._groups)

    def __contains__(self, sink: Sink) -> bool:
        return sink in self._groups

    def count(self, channel: str) -> int:
        """How many listeners a channel has."""
        tables = self._channels.get(channel, {}).values()
        return sum(len(group) for table in tables for group in table.groups())

    def add(self, sink: Sink, adapter: type[AbstractAdapter], args: tuple[Any, ...]) -> None:
        routes = self._channels.setdefault(adapter.channel, {})
        table = routes.get(adapter)
        if table is None:
            table = routes[adapter] = AdapterRoutes(adapter)
        self._groups[sink] = table.add(args, sink)

    def remove(self, sink: Sink) -> None:
        group = self._groups.pop(sink, None)
        if group is None:
            return
        table = group.table
        table.remove(group, sink)
        if not table:
            adapters = self._channels[table.adapter.channel]
            del adapters[table.adapter]
            if not adapters:
                del self._channels[table.adapter.channel]

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        """Hand messages (in order) to every listener whose adapter chooses them."""
        by_channel: dict[str, list[Message]] = {}
        for message in messages:
            by_channel.setdefault(message["channel"], []).append(message)
        served = 0
        for channel, batch in by_channel.items():
            for table in list(self._channels.get(channel, {}).values()):
                for group, candidates in table.match(batch):
                    if served >= self._batch:
                        served = 0
                        self._breathe()
                    chosen = table.select(group, candidates)
                    served += len(chosen) * len(group)
                    self._serve(group, chosen, stamp)

    def _serve(self, group: Group, messages: Sequence[Message], stamp: Stamp) -> None:
        if not messages:
            return
        sinks, left = list(group), group.left
        for start in range(0, len(sinks), self._batch):
            if start:
                self._breathe()
            batch = sinks[start : start + self._batch]
            if group.left > left:
                batch = [sink for sink in batch if sink in group]
            for crowd, some in groupby(batch, _crowd):
                if crowd is None:
                    self._serve_alone(group, some, messages, stamp)
                else:
                    crowd.serve(list(some), messages, stamp)

    @staticmethod
    def _serve_alone(
        group: Group, sinks: Iterable[Sink], messages: Sequence[Message], stamp: Stamp
    ) -> None:
        for sink in sinks:
            if sink not in group:
                continue  # left while others were served
            try:
                sink.deliver(messages, stamp)
            except Exception:
                logger.exception("a listener of %s failed", group.table.adapter.__qualname__)
