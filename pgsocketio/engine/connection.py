"""One Engine.IO connection, whatever carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import PacketError, Refused
from .handshake import Environ, Handshake
from .http_connection import HttpConnection
from .packets import CLOSE, MESSAGE, PING, PONG, TYPES, UPGRADE, Prepared, decode_payload
from .polling import PollingTransport
from .websocket import WebSocketTransport

if TYPE_CHECKING:
    from .engine import Engine
    from .stream import Stream

_PING = Prepared.control(PING)
_PROBE_ANSWER = Prepared.control(PONG + "probe")
NORMAL, GOING_AWAY, PROTOCOL_ERROR = 1000, 1001, 1002


class Connection:
    """One client of an :class:`Engine`.

    ``sid`` is its secret id, ``handshake`` what remains of its first request, ``data`` is free
    for the application, ``closed`` is True from the moment nothing can be sent any more.
    """

    __slots__ = ("_engine", "_opened", "_pinged", "_probe", "_transport", "closed", "data", "due",
                 "handshake", "sid", "stream")  # fmt: skip

    def __init__(self, engine: Engine, sid: str, handshake: Handshake) -> None:
        self._engine = engine
        self._transport: PollingTransport | WebSocketTransport
        self._probe: WebSocketTransport | None = None
        self._pinged = False
        self.sid = sid
        self.handshake = handshake
        self.data: Any = None
        self.stream: Stream | None = None
        self.closed = False
        self.due = -1

    def open(self, transport: PollingTransport | WebSocketTransport) -> None:
        """Begin to live on this transport; for the engine only."""
        self._live_on(transport)
        self._engine.runtime.timers.schedule(self, self._engine.settings.ping_interval)

    def _live_on(self, transport: PollingTransport | WebSocketTransport) -> None:
        self._transport = transport
        self.stream = transport.stream if isinstance(transport, WebSocketTransport) else None

    @property
    def environ(self) -> Environ:
        """A new WSGI environ of the handshake."""
        return self.handshake.environ(self._engine.address)

    @property
    def address(self) -> str:
        """The client's address, as :class:`Handshake` knows it."""
        return self.handshake.peer[0]

    @property
    def transport(self) -> str:
        """'polling' or 'websocket'."""
        return self._transport.name

    @property
    def unsent(self) -> int:
        """Bytes queued and not yet taken by the kernel or a poll."""
        return self._transport.unsent

    def send(self, data: str | bytes) -> None:
        """Send one message packet; never blocks. Ignored once closed.

        Raises:
            ValueError: see :class:`Prepared`.
        """
        self.send_prepared(Prepared((data,)))

    def gather(self) -> None:
        """Have what is sent now and until the event loop turns leave in one piece, if it can."""
        if self.stream is not None:
            self.stream.gather()

    def send_prepared(self, prepared: Prepared) -> None:
        """Send packets that were encoded once for all recipients; never blocks."""
        if self.closed:
            return
        self._transport.send(prepared)
        self._engine.counters["packets_out"] += len(prepared)
        self.check_unsent()

    def count_out(self, packets: int, size: int) -> None:
        """Count what was written directly to connections of this engine; for the engine only."""
        self._engine.counters["packets_out"] += packets
        self._engine.counters["bytes_out"] += size

    def check_unsent(self) -> None:
        """Drop a client that does not read; for the engine only."""
        if self._transport.unsent > self._engine.settings.max_unsent:
            self._engine.runtime.dropped(self.address)
            self._finish("slow client")
            self._transport.drop(reset=True)

    def close(self, reason: str = "forced close") -> None:
        """Close after flushing what is queued; a polling client is told not to come back."""
        self._close(reason, NORMAL)

    def leave(self, reason: str = "forced close") -> None:
        """Close the transport only, so that the client reconnects by itself."""
        self._close(reason, GOING_AWAY)

    def fail(self, error: PacketError) -> None:
        """The client sent what is no packet."""
        if not self.closed:
            address = self.handshake.peer[0]
            self._engine.runtime.refused(error.rule, "a packet", address, error)
        self._close("parse error", PROTOCOL_ERROR)

    def _close(self, reason: str, code: int) -> None:
        if not self.closed:
            self._finish(reason)
            self._transport.close(code)

    def _finish(self, reason: str) -> None:
        self.closed = True
        self.stream = None
        self._engine.runtime.timers.cancel(self)
        if self._probe is not None:
            probe, self._probe = self._probe, None
            probe.close(GOING_AWAY)
        self._engine.on_closed(self, reason)

    def on_waiting(self) -> None:
        """Closed, but the polling client has not fetched the news yet."""
        self._engine.closing[self.sid] = self

    def on_goodbye(self) -> None:
        """The closed polling client took its last packets, or took too long."""
        self._engine.closing.pop(self.sid, None)

    def poll(self, http: HttpConnection) -> None:
        """Answer a GET.

        Raises:
            Refused: this connection does not poll, or polls already.
        """
        if not isinstance(self._transport, PollingTransport):
            raise Refused(3)
        self._transport.poll(http)

    def begin_post(self, http: HttpConnection) -> None:
        """The head of a POST is there; its body follows.

        Raises:
            Refused: there is another one.
        """
        if isinstance(self._transport, PollingTransport):
            self._transport.begin_post(http)

    def post(self, body: bytes) -> None:
        """Take the packets of a POST.

        Raises:
            Refused: this connection does not poll, or the payload is malformed.
        """
        if self.closed or not isinstance(self._transport, PollingTransport):
            raise Refused(3)
        self._transport.end_post()
        try:
            for packet in decode_payload(body, self._engine.settings.max_packets_per_payload):
                self.on_packet(packet, self._transport)
        except PacketError as error:
            self.fail(error)
            raise Refused(3, rule="malformed payload") from error

    # time

    def on_time(self) -> None:
        if self._pinged:
            self._finish("ping timeout")
            self._transport.drop(reset=True)
            return
        self._pinged = True
        self._engine.runtime.timers.schedule(self, self._engine.settings.ping_timeout)
        self._transport.send(_PING)

    # from transports

    def on_packet(self, packet: str | bytes, transport: object) -> None:
        """Act on one packet: str with its type character, bytes for a binary message.

        Raises:
            PacketError: the client may not send this.
        """
        if self.closed:
            return
        if transport is not self._transport:
            self._on_probe_packet(packet)
        elif isinstance(packet, bytes):
            self._engine.deliver(self, packet)
        elif packet.startswith(MESSAGE):
            self._engine.deliver(self, packet[1:])
        else:
            self._on_control(packet)

    def _on_control(self, packet: str) -> None:
        kind = packet[:1]
        if kind == PONG:
            if self._pinged:
                self._pinged = False
                self._engine.runtime.timers.schedule(self, self._engine.settings.ping_interval)
        elif kind == CLOSE:
            polls = self.stream is None  # then an open poll gets a noop
            self._close("transport close", PROTOCOL_ERROR if polls else NORMAL)
        elif not kind or kind not in TYPES:
            raise PacketError("unknown packet type")
        elif kind == PING:
            raise PacketError("only the server pings")

    def on_transport_end(self, transport: object, reason: str) -> None:
        """A transport ended by itself."""
        if self.closed:
            return
        if transport is self._probe:
            self._end_probe()
        elif transport is self._transport:
            self._finish(reason)
            if isinstance(transport, PollingTransport):
                transport.drop()

    # upgrade

    @property
    def upgradable(self) -> bool:
        """Whether a WebSocket may probe now."""
        polls = isinstance(self._transport, PollingTransport)
        return polls and self._probe is None and not self.closed

    def start_probe(self, websocket: WebSocketTransport) -> None:
        """A WebSocket wants to take over."""
        self._probe = websocket
        websocket.limit_time(self._engine.settings.upgrade_timeout)

    def _on_probe_packet(self, packet: str | bytes) -> None:
        probe, polling = self._probe, self._transport
        if probe is None or not isinstance(polling, PollingTransport):
            return
        if packet == PING + "probe" and not polling.probed:
            probe.send(_PROBE_ANSWER)
            polling.release()
        elif packet == UPGRADE and polling.probed:
            self._probe = None
            probe.settle()
            frames = polling.take_frames()
            if frames:
                probe.stream.write(frames)
            self._live_on(probe)
            self._engine.counters["upgraded"] += 1
        else:
            self._end_probe()
            probe.close(PROTOCOL_ERROR)

    def _end_probe(self) -> None:
        self._probe = None
        if isinstance(self._transport, PollingTransport):
            self._transport.hold()
