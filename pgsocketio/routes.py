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

    __slots__ = ("args", "key", "sinks")

    def __init__(self, args: tuple[Any, ...], key: Hashable) -> None:
        self.args = args
        self.key = key
        self.sinks: dict[Sink, None] = {}


class AdapterRoutes:
    """All groups of one adapter class on its channel.

    One instance of the adapter serves them all: it holds nothing of a listener, and little memory
    is touched for each message.
    """

    __slots__ = ("_adapter", "_groups", "_indexed", "_name", "_scanned", "_selects", "adapter")

    def __init__(self, adapter: type[AbstractAdapter]) -> None:
        self.adapter = adapter
        self._adapter = adapter()
        self._name = f"{adapter.__module__}.{adapter.__qualname__}"
        self._selects = overrides(adapter, "get")
        self._groups: dict[Hashable, Group] = {}
        self._indexed: dict[Hashable, list[Group]] = {}
        self._scanned: list[Group] = []

    def __bool__(self) -> bool:
        return bool(self._groups)

    def add(self, args: tuple[Any, ...], sink: Sink) -> Group:
        key = tuple(_typed(arg) for arg in args)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(args, key)
            if self._is_indexed(group):
                self._indexed.setdefault(_typed(args[0]), []).append(group)
            else:
                self._scanned.append(group)
        group.sinks[sink] = None
        return group

    def _is_indexed(self, group: Group) -> bool:
        return self.adapter.index is not None and bool(group.args)

    def remove(self, group: Group, sink: Sink) -> None:
        group.sinks.pop(sink, None)
        if group.sinks:
            return
        del self._groups[group.key]
        if not self._is_indexed(group):
            self._scanned.remove(group)
            return
        value = _typed(group.args[0])
        self._indexed[value].remove(group)
        if not self._indexed[value]:
            del self._indexed[value]

    def match(self, messages: Sequence[Message]) -> Iterable[tuple[Group, Sequence[Message]]]:
        """The groups concerned, each with the messages to ask its adapter about."""
        for group in list(self._scanned):
            yield group, messages
        found: dict[Group, list[Message]] = {}
        for message in messages if self._indexed else ():
            value = _typed(message["values"].get(self.adapter.index))
            for group in self._indexed.get(value, ()):
                found.setdefault(group, []).append(message)
        yield from found.items()

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
        for channel, batch in by_channel.items():
            for table in list(self._channels.get(channel, {}).values()):
                for group, candidates in table.match(batch):
                    self._serve(group, table.select(group, candidates), stamp)

    def _serve(self, group: Group, messages: Sequence[Message], stamp: Stamp) -> None:
        if not messages:
            return
        for count, sink in enumerate(list(group.sinks), 1):
            if sink not in group.sinks:
                continue  # left while others were served
            try:
                sink.deliver(messages, stamp)
            except Exception:
                logger.exception("the listener %r failed", sink)
            if count % self._batch == 0:
                self._breathe()
