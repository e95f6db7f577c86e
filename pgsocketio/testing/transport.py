"""A transport in memory, and the Socket.IO client at its other end."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from pgsocketio.packet import ACK, BINARY_ACK, BINARY_EVENT, CONNECT, DISCONNECT, EVENT, Packet
from pgsocketio.packet import encode as encode_packet

if TYPE_CHECKING:
    from pgsocketio.engine import Connection, Prepared
    from pgsocketio.server import Server

_numbers = itertools.count(1)
_SENT = re.compile(r"(\d)(?:(\d+)-)?(?:(/[^,]*),)?(\d+)?(.*)", re.DOTALL)


class MemoryPrepared:
    """Packets encoded once for all recipients, as :class:`pgsocketio.engine.Prepared`.

    :raises ValueError: for what no transport can carry.
    """

    def __init__(self, packets: Sequence[str | bytes]) -> None:
        for packet in packets:
            if isinstance(packet, str):
                packet.encode()
                if "\x1e" in packet:
                    raise ValueError("U+001E separates packets, no packet contains it")
        self.packets = tuple(packets)

    def send_to(self, connections: Sequence[Connection], most_unsent: int | None = None) -> int:
        those = [c for c in connections if most_unsent is None or c.unsent <= most_unsent]
        for connection in those:
            connection.send_prepared(cast("Prepared", self))
        return len(connections) - len(those)


def prepare(packets: Sequence[str | bytes]) -> Prepared:
    """What a :class:`~pgsocketio.server.Server` on this transport prepares its packets with."""
    return cast("Prepared", MemoryPrepared(packets))


class MemoryConnection:
    """The server's end: it has what the core uses of :class:`pgsocketio.engine.Connection`.

    :ivar sent: what the server sent and no :class:`MemoryClient` took yet.
    :ivar closed: True once nothing can be sent any more.
    :ivar reason: why it was closed, None while it is open.
    :ivar unsent: bytes that the client did not take; set it to play a slow one.
    """

    def __init__(self, server: Server, environ: dict[str, Any] | None = None) -> None:
        self.sid = f"connection-{next(_numbers)}"
        self.data: Any = None
        self.sent: list[str | bytes] = []
        self.closed = False
        self.reason: str | None = None
        self.unsent = 0
        self._server = server
        self._environ = environ or {}
        server.on_open(self._as_connection())

    def _as_connection(self) -> Connection:
        return cast("Connection", self)

    @property
    def address(self) -> str | None:
        """REMOTE_ADDR of the environ."""
        return self._environ.get("REMOTE_ADDR")

    @property
    def environ(self) -> dict[str, Any]:
        """A new WSGI environ at each access."""
        return dict(self._environ)

    def gather(self) -> None:
        """Each packet is taken alone anyway."""

    def send(self, data: str | bytes) -> None:
        self.send_prepared(prepare((data,)))

    def send_prepared(self, prepared: Prepared) -> None:
        if not self.closed:
            self.sent.extend(cast(MemoryPrepared, prepared).packets)

    def close(self, reason: str = "forced close") -> None:
        """Either end may close it; the server hears of it outside of its own calls."""
        if not self.closed:
            self.closed, self.reason = True, reason
            self._server.runtime.spawn(self._server.on_close, self._as_connection(), reason)

    leave = close

    def receive(self, data: str | bytes) -> None:
        """The client sent something."""
        if not self.closed:
            self._server.on_message(self._as_connection(), data)


class MemoryClient:
    """A Socket.IO client; it decodes what the server sent, and says nothing by itself.

    :ivar connection: the server's end.
    """

    def __init__(self, server: Server, environ: dict[str, Any] | None = None) -> None:
        self.connection = MemoryConnection(server, environ)
        self._ids = itertools.count()

    def send(self, packet: Packet) -> None:
        """Send a packet, its attachments after it."""
        for part in encode_packet(packet):
            self.connection.receive(part)

    def connect(self, namespace: str = "/", auth: dict[str, Any] | None = None) -> None:
        self.send(Packet(CONNECT, namespace, auth))

    def disconnect(self, namespace: str = "/") -> None:
        self.send(Packet(DISCONNECT, namespace))

    def emit(self, namespace: str, event: str, *args: Any, ack: bool = False) -> int | None:
        """Send an event.

        :returns: the id that its acknowledgement will carry, None when none is asked for.
        """
        number = next(self._ids) if ack else None
        self.send(Packet(EVENT, namespace, [event, *args], number))
        return number

    def acknowledge(self, packet: Packet, *args: Any) -> None:
        """Acknowledge an event of the server."""
        self.send(Packet(ACK, packet.namespace, list(args), packet.id))

    def take(self) -> list[Packet]:
        """What the server sent since the last call, decoded; binary packets as EVENT and ACK."""
        parts, self.connection.sent = self.connection.sent, []
        packets = []
        stream = iter(parts)
        for text in stream:
            assert isinstance(text, str), "an attachment that belongs to nothing"
            packet, missing = _decode(text)
            packet.data = _fill(packet.data, [next(stream) for _ in range(missing)])
            packets.append(packet)
        return packets


def _decode(text: str) -> tuple[Packet, int]:
    """A client's decoder: the server's would refuse CONNECT_ERROR, rightly."""
    match = _SENT.fullmatch(text)
    assert match is not None, f"no packet: {text!r}"
    kind = {BINARY_EVENT: EVENT, BINARY_ACK: ACK}.get(int(match[1]), int(match[1]))
    data = json.loads(match[5]) if match[5] else None
    number = None if match[4] is None else int(match[4])
    return Packet(kind, match[3] or "/", data, number), int(match[2] or 0)


def _fill(data: Any, attachments: Sequence[str | bytes]) -> Any:
    if isinstance(data, list):
        return [_fill(item, attachments) for item in data]
    if isinstance(data, dict):
        if data.get("_placeholder") is True:
            return attachments[data["num"]]
        return {key: _fill(item, attachments) for key, item in data.items()}
    return data
