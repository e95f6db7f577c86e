"""What equal subscriptions have in common: each packet is made once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pgsocketio import packet as sio
from pgsocketio.adapter import AbstractAdapter, check_adapter, overrides
from pgsocketio.message import Message
from pgsocketio.packet import Packet
from pgsocketio.position import Stamp
from pgsocketio.shown import show
from pgsocketio.wire import envelope

if TYPE_CHECKING:
    from pgsocketio.engine import Prepared
    from pgsocketio.subscription import Subscriber


VOLATILE_BOUND = 65_536
"""Unsent bytes of a client above which volatile messages are dropped for it."""


class Kind(NamedTuple):
    """What makes subscriptions alike, whatever their arguments.

    :param namespace: name of it.
    :param version: of the wire protocol, None for plain Socket.IO.
    :param slot: part of the acknowledgement's number; None: none is asked for.
    """

    namespace: str
    event: str
    adapter: type[AbstractAdapter]
    version: int | None
    slot: int | None


class Feed:
    """Makes the packets of one kind of subscription.

    :param prepare: makes the transport's form of an encoded packet.
    """

    __slots__ = (
        "__weakref__", "_adapter", "_formats", "_prepare", "kind",
    )  # fmt: skip

    def __init__(self, kind: Kind, prepare: Callable[[Sequence[str | bytes]], Prepared]) -> None:
        self.kind = kind
        self._adapter = check_adapter(kind.adapter)()
        self._formats = overrides(kind.adapter, "format")
        self._prepare = prepare

    def serve(
        self, subscribers: Sequence[Subscriber], messages: Sequence[Message], stamp: Stamp
    ) -> None:
        """Send messages to subscribers; those with equal arguments get the same packets."""
        first, number = subscribers[0], len(messages)
        key, traffic = first.key, first.socket.traffic
        alike = [one for one in subscribers if one.key is key]
        for one in alike:
            one.progress.sent += number
        connections = [one.connection for one in alike]
        for message in messages:
            packet = self.packet(first, message, stamp.delivered)
            if packet is not None:
                bound = VOLATILE_BOUND if message.droppable else None
                dropped = packet.send_to(connections, bound)
                traffic.dropped += dropped
                traffic.sent += len(connections) - dropped
        if len(alike) < len(subscribers):
            self.serve([one for one in subscribers if one.key is not key], messages, stamp)

    def packet(self, subscriber: Subscriber, message: Message, generation: int) -> Prepared | None:
        """The packet of a message; None where the adapter failed, which was logged."""
        key = (self, subscriber.key, generation)
        if key not in message.forms:
            message.forms[key] = self._encode(subscriber, message, generation)
        return message.forms[key]  # type: ignore[no-any-return]

    def _encode(self, subscriber: Subscriber, message: Message, generation: int) -> Prepared | None:
        kind, value, number = self.kind, message, message["id"]
        if self._formats:
            shown, _sources = show(self._adapter, [message], subscriber.args, subscriber.key)
            if not shown:
                return None
            value = shown[0]
        data: list[Any] = [kind.event, value]
        if kind.version is not None:
            data.append(envelope(subscriber.key, kind.event, 0, [number], generation))
        ack = None if kind.slot is None or number is None else number * sio.SLOTS + kind.slot
        return self._prepare(sio.encode(Packet(sio.EVENT, kind.namespace, data, ack)))
