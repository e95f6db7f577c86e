"""A socket without a client: it writes down what a namespace does. For WebTest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tg

from pgsocketio.namespace import BaseNamespace


class Recorder:
    """Stands where a client's socket would, in a request of WebTest.

    :ivar sent: the packets that a client would have received, as dicts with ``type``, ``name``,
        ``endpoint`` and ``args``.
    :ivar rooms: rooms that the namespace joined.
    :ivar channels: channels that it subscribed the client to.
    """

    def __init__(self) -> None:
        self.session: dict[str, Any] = {}
        self.sent: list[dict[str, Any]] = []
        self.rooms: set[str] = set()
        self.channels: set[str] = set()
        self.gone: str | None = None
        self._endpoint = ""

    @property
    def server(self) -> Recorder:
        return self

    def play(self, namespace: BaseNamespace, packet: dict[str, Any]) -> None:
        """Let a namespace handle a packet, in the running request."""
        self._endpoint = namespace.ns_name
        namespace.process_packet(packet)

    def in_event(self, _socket: Any, function: Callable[[Any], Any]) -> Any:
        """The request that brought the packet surrounds it already."""
        return function(tg.request.environ["tg.locals"])

    def emit(
        self, event: str, args: Sequence[Any], _callback: Any = None, _envelope: Any = None
    ) -> None:
        packet = {"type": "event", "name": event, "endpoint": self._endpoint, "args": list(args)}
        self.sent.append(packet)

    def emit_all(
        self, event: str, args: Sequence[Any], room: str | None = None, skip_self: bool = False
    ) -> None:
        if not skip_self and (room is None or room in self.rooms):
            self.emit(event, args)

    def join(self, room: str) -> None:
        self.rooms.add(room)

    def leave(self, room: str) -> None:
        self.rooms.discard(room)

    def subscribe(self, _event: str, _adapter: type, args: Sequence[Any]) -> None:
        self.channels.add(args[0])

    def unsubscribe(self, _event: str, _adapter: type, args: Sequence[Any]) -> None:
        self.channels.discard(args[0])

    def disconnect(self, silent: bool = False, reason: str | None = None) -> None:
        self.gone = reason or "server namespace disconnect"
