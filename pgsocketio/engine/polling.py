"""The HTTP long-polling transport of one connection."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from .errors import Refused
from .http_connection import HttpConnection
from .packets import CLOSE, NOOP, Prepared, encode_payload
from .runtime import Runtime

if TYPE_CHECKING:
    from .connection import Connection

_NOOP = NOOP.encode()
_CLOSE = CLOSE.encode()
_UPGRADE_POLL = 0.1  # seconds that a poll may stay open while a WebSocket is being probed


class PollingTransport:
    """Packets wait here until the client polls; an open poll costs no greenlet.

    Args:
        runtime: shared parts.
        connection: whose packets these are.
    """

    __slots__ = ("_flushing", "_poll", "_post", "_queue", "_runtime", "_settings", "connection",
                 "due", "goodbye", "probed", "unsent")  # fmt: skip
    name = "polling"

    def __init__(self, runtime: Runtime, connection: Connection) -> None:
        self._runtime = runtime
        self._settings = runtime.settings
        self._queue: deque[tuple[Prepared, int]] = deque()
        self._poll: HttpConnection | None = None
        self._post: HttpConnection | None = None
        self._flushing = False
        self.connection = connection
        self.unsent = 0
        self.due = -1
        self.probed = False
        self.goodbye = False

    def send(self, prepared: Prepared) -> None:
        """Queue packets; an open poll takes them at the end of this turn of the event loop."""
        for index, packet in enumerate(prepared.polling):
            self._queue.append((prepared, index))
            self.unsent += len(packet)
        if self._poll is not None and not self._flushing:
            self._flushing = True
            self._runtime.loop.run_callback(self._flush)

    def poll(self, http: HttpConnection) -> None:
        """Answer this GET, at once or when there is something to say.

        Raises:
            Refused: there is an open poll already; the connection is closed for that.
        """
        if self._poll is not None:
            self.connection.close("transport error")
            raise Refused(3, message="Bad request", rule="second poll")
        self._poll = http
        http.on_over = self._aborted
        if self._queue or self.goodbye:
            self._flush()
        elif self.probed:
            self._runtime.timers.schedule(self, _UPGRADE_POLL)

    def begin_post(self, http: HttpConnection) -> None:
        """The head of a POST is there; a second one now could overtake it.

        Raises:
            Refused: there is another one; the connection is closed for that.
        """
        if self._post is not None:
            self.connection.close("transport error")
            raise Refused(3, message="Bad request", rule="second post")
        self._post = http
        http.on_over = self.end_post

    def end_post(self) -> None:
        """The body is complete, or given up."""
        self._post = None

    def _aborted(self) -> None:
        self._poll = None
        self.connection.on_transport_end(self, "transport error")

    def _flush(self) -> None:
        self._flushing = False
        if self._poll is None:
            return
        packets = self._take()
        if self.goodbye and not self._queue and len(packets) < self._settings.max_packets_per_poll:
            packets.append(_CLOSE)
            self._runtime.timers.cancel(self)
            self.connection.on_goodbye()
        if packets:
            self._answer(packets)

    def _take(self) -> list[bytes]:
        packets: list[bytes] = []
        size = 0
        while self._queue and len(packets) < self._settings.max_packets_per_poll:
            prepared, index = self._queue[0]
            packet = prepared.polling[index]
            size += len(packet) + 1
            if packets and size > self._settings.max_payload:
                break
            self._queue.popleft()
            self.unsent -= len(packet)
            packets.append(packet)
        return packets

    def _answer(self, packets: list[bytes]) -> None:
        poll, self._poll = self._poll, None
        if poll is not None:
            body = encode_payload(packets)
            self._runtime.counters["bytes_out"] += len(body)
            poll.respond(200, body)

    def release(self) -> None:
        """A WebSocket probes: answer the open poll, so that the client can pause polling."""
        self.probed = True
        self._answer([_NOOP])

    def hold(self) -> None:
        """The probe failed: polls may stay open again."""
        self.probed = False

    def on_time(self) -> None:
        if self.goodbye:
            self.connection.on_goodbye()
        else:
            self._answer([_NOOP])

    def take_frames(self) -> bytes:
        """Give up what is queued, as WebSocket frames, and answer an open poll with a noop."""
        frames = b"".join(prepared.frame(index) for prepared, index in self._queue)
        self._queue.clear()
        self.unsent = 0
        self._runtime.timers.cancel(self)
        self._answer([_NOOP])
        return frames

    def close(self, code: int) -> None:
        """1000: flush and tell the client to stay away. 1001: let it reconnect. Else drop."""
        if code == 1000:
            self.goodbye = True
            self.connection.on_waiting()
            self._runtime.timers.schedule(self, self._settings.close_timeout)
            self._flush()
        elif code == 1001 and self._poll is not None and not self._queue:
            poll, self._poll = self._poll, None
            poll.respond(400, b'{"code":1,"message":"Session ID unknown"}', "application/json")
        else:
            self._flush()
            self.drop()

    def drop(self, reset: bool = False) -> None:
        """Answer an open poll and forget what is queued; reset means nothing here."""
        self._runtime.timers.cancel(self)
        self._answer([_NOOP])
        self._queue.clear()
        self.unsent = 0
