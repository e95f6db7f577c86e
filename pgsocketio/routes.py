"""Which listeners a message reaches. Cost follows the recipients, not the number of listeners."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Protocol

from pgsocketio.adapter import AbstractAdapter, overrides
from pgsocketio.message import Message
from pgsocketio.position import Stamp

logger = logging.getLogger("pgsocketio.hub")


class Sink(Protocol):
    """Where the messages of one listener go.

    ``deliver`` gets the messages and what they were delivered after; it must not block.
    """

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None: ...

    def missed(self) -> None:
        """Messages between where it started and now are not in the log any more."""


def _typed(value: Any) -> Hashable:
    """A key in which True and 1 differ; unhashable values are only equal to themselves."""
    try:
        hash(value)
    except TypeError:
        return (id(value),)
    return (isinstance(value, bool), value)


class Group:
    """The listeners of one adapter with equal arguments: they are asked once, together."""

    __slots__ = ("adapter", "args", "key", "sinks")

    def __init__(
        self, adapter: type[AbstractAdapter], args: tuple[Any, ...], key: Hashable
    ) -> None:
        self.adapter = adapter()
        self.args = args
        self.key = key
        self.sinks: dict[Sink, None] = {}

    def select(self, messages: Sequence[Message]) -> Sequence[Message]:
        """What the adapter chooses, in the order of the log; nothing where it fails."""
        kind = type(self.adapter)
        if not overrides(kind, "get"):
            return messages
        name = f"{kind.__module__}.{kind.__qualname__}"
        try:
            chosen = {id(message) for message in self.adapter.get(list(messages), *self.args)}
        except Exception:
            logger.exception("adapter %s failed in get(); its listeners miss these messages", name)
            return ()
        selected = [message for message in messages if id(message) in chosen]
        if len(selected) != len(chosen):
            logger.error("adapter %s returned what it was not given; left out", name)
        return selected


class AdapterRoutes:
    """All groups of one adapter class on its channel."""

    __slots__ = ("adapter", "groups", "indexed", "scanned")

    def __init__(self, adapter: type[AbstractAdapter]) -> None:
        self.adapter = adapter
        self.groups: dict[Hashable, Group] = {}
        self.indexed: dict[Hashable, dict[Hashable, Group]] = {}
        self.scanned: dict[Hashable, Group] = {}

    def add(self, args: tuple[Any, ...], sink: Sink) -> Group:
        key = tuple(_typed(arg) for arg in args)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(self.adapter, args, key)
            self._table(group)[key] = group
        group.sinks[sink] = None
        return group

    def _table(self, group: Group) -> dict[Hashable, Group]:
        if self.adapter.index is None or not group.args:
            return self.scanned
        return self.indexed.setdefault(_typed(group.args[0]), {})

    def remove(self, group: Group, sink: Sink) -> None:
        group.sinks.pop(sink, None)
        if group.sinks:
            return
        self.groups.pop(group.key, None)
        table = self._table(group)
        table.pop(group.key, None)
        if not table and table is not self.scanned:
            self.indexed.pop(_typed(group.args[0]), None)

    def match(self, messages: Sequence[Message]) -> Iterable[tuple[Group, Sequence[Message]]]:
        """The groups concerned, each with the messages to ask its adapter about."""
        for group in list(self.scanned.values()):
            yield group, messages
        if not self.indexed:
            return
        found: dict[Hashable, tuple[Group, list[Message]]] = {}
        for message in messages:
            value = _typed(message["values"].get(self.adapter.index))
            for key, group in self.indexed.get(value, {}).items():
                found.setdefault(key, (group, []))[1].append(message)
        yield from found.values()


class Routes:
    """The routing table of one database: channel, adapter, arguments, listeners.

    :param breathe: called after each batch of sends, so that others get their turn.
    :param batch: how many listeners are served in between.
    """

    def __init__(self, breathe: Callable[[], Any] = lambda: None, batch: int = 200) -> None:
        self._channels: dict[str, dict[type[AbstractAdapter], AdapterRoutes]] = {}
        self._groups: dict[Sink, tuple[AdapterRoutes, Group]] = {}
        self._breathe = breathe
        self._batch = batch

    def __len__(self) -> int:
        return len(self._groups)

    def __contains__(self, sink: Sink) -> bool:
        return sink in self._groups

    def add(self, sink: Sink, adapter: type[AbstractAdapter], args: tuple[Any, ...]) -> None:
        routes = self._channels.setdefault(adapter.channel, {})
        table = routes.setdefault(adapter, AdapterRoutes(adapter))
        self._groups[sink] = (table, table.add(args, sink))

    def remove(self, sink: Sink) -> None:
        table, group = self._groups.pop(sink, (None, None))
        if table is None or group is None:
            return
        table.remove(group, sink)
        if not table.groups:
            adapters = self._channels[table.adapter.channel]
            del adapters[table.adapter]
            if not adapters:
                del self._channels[table.adapter.channel]

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        """Hand messages (in order) to every listener whose adapter chooses them."""
        by_channel: dict[str, list[Message]] = {}
        for message in messages:
            by_channel.setdefault(message["channel"], []).append(message)
        for channel, batch in by_channel.items():
            for table in list(self._channels.get(channel, {}).values()):
                for group, candidates in table.match(batch):
                    self._serve(group, group.select(candidates), stamp)

    def _serve(self, group: Group, messages: Sequence[Message], stamp: Stamp) -> None:
        if not messages:
            return
        for count, sink in enumerate(list(group.sinks), 1):
            if sink not in group.sinks:
                continue  # left while others were served
            try:
                sink.deliver(messages, stamp)
            except Exception:
                logger.exception("a listener of %s failed", type(group.adapter).__qualname__)
            if count % self._batch == 0:
                self._breathe()
