"""A socket without a client: it writes down what a namespace does. For WebTest."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import tg

from pgsocketio.namespace import BaseNamespace

from .brokers import broker_of
from .feeds import deliver_directly

logger = logging.getLogger("tgext.socketio")


class Recorder:
    """Stands where a client's socket would, in a request of WebTest.

    :param context: TurboGears' context of the request.
    :param given: the socket that a test for 0.0.3 put into the environ, such as a mock: its
        ``send_packet`` is called with each packet, its ``error`` with each error; or None.
    :ivar sent: the packets that a client would have received, as dicts with ``type``, ``name``,
        ``endpoint`` and ``args``.
    :ivar rooms: rooms that the namespace joined.
    :ivar channels: channels that it subscribed the client to.
    """

    def __init__(self, context: Any, endpoint: str, given: Any = None) -> None:
        self.session: Any = getattr(given, "session", {})
        self.sent: list[dict[str, Any]] = []
        self.rooms: set[str] = set()
        self.gone: str | None = None
        self._context, self._endpoint, self._given = context, endpoint, given
        self._events: dict[str, dict[str, None]] = {}  # by channel, in order
        self._subscriptions: dict[str, Any] = {}

    @property
    def server(self) -> Recorder:
        return self

    @property
    def listeners(self) -> Recorder:
        return self

    @property
    def channels(self) -> set[str]:
        return set(self._events)

    def in_event(self, _socket: Any, function: Callable[[Any], Any]) -> Any:
        """The request that brought the packet surrounds it already."""
        return function(self._context)

    def emit(
        self, event: str, args: Sequence[Any], _callback: Any = None, _envelope: Any = None
    ) -> None:
        packet = {"type": "event", "name": event, "endpoint": self._endpoint, "args": list(args)}
        self.sent.append(packet)
        if event == "error" and hasattr(self._given, "error"):
            self._given.error(*args, msg_id=None, endpoint=self._endpoint, quiet=False)
        elif self._given is not None:
            self._given.send_packet({**packet, "args": tuple(args)})  # as gevent-socketio did

    def emit_all(
        self, event: str, args: Sequence[Any], room: str | None = None, skip_self: bool = False
    ) -> None:
        if not skip_self and (room is None or room in self.rooms):
            self.emit(event, args)

    def join(self, room: str) -> None:
        self.rooms.add(room)

    def leave(self, room: str) -> None:
        self.rooms.discard(room)

    def subscribe(self, event: str, _adapter: type, args: Sequence[Any]) -> None:
        """What is published arrives where the broker is ``memory``; others are not waited for."""
        channel = args[0]
        if channel not in self._events:
            self._follow(channel)
        self._events.setdefault(channel, {})[event] = None

    def _follow(self, channel: str) -> None:
        try:
            subscription = broker_of(tg.config).subscribe(channel)
        except Exception as error:
            logger.warning("channel %r is not followed in this test: %s", channel, error)
            return
        deliver_directly(subscription, lambda text: self._deliver(channel, json.loads(text)))
        self._subscriptions[channel] = subscription

    def _deliver(self, channel: str, message: Any) -> None:
        for event in self._events.get(channel, ()):
            self.emit(event, [message])

    def unsubscribe(self, event: str, _adapter: type, args: Sequence[Any]) -> None:
        events = self._events.get(args[0], {})
        events.pop(event, None)
        if not events:
            self._events.pop(args[0], None)
            self._subscriptions.pop(args[0], None)

    def disconnect(self, silent: bool = False, reason: str | None = None) -> None:
        self.gone = reason or "server namespace disconnect"


def record(namespace_class: type[BaseNamespace], name: str, request: Any, context: Any) -> Any:
    """Let a namespace handle the packet in a request's body.

    :param name: of the namespace.
    :returns: the namespace.
    """
    environ = request.environ
    recorder = Recorder(context, name, environ.get("socketio"))
    environ.setdefault("socketio", recorder)
    namespace = namespace_class({**environ, "socketio": recorder}, name, request)
    environ["socketio.namespace"] = namespace
    namespace.process_packet(json.loads(request.body))
    return namespace
