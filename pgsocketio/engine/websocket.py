"""The WebSocket transport of one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import PacketError
from .frames import FrameError, MessageReader
from .packets import Prepared
from .runtime import Runtime
from .stream import Stream

if TYPE_CHECKING:
    from .connection import Connection


class WebSocketTransport:
    """Frames in by callback, frames out by direct send.

    Args:
        runtime: shared parts.
        stream: the upgraded TCP connection.
        connection: whose packets these are.
    """

    __slots__ = ("_closing", "_reader", "_runtime", "connection", "due", "stream")
    name = "websocket"

    def __init__(self, runtime: Runtime, stream: Stream, connection: Connection) -> None:
        self._runtime = runtime
        self._reader = MessageReader(runtime.settings.max_payload)
        self._closing = False
        self.stream = stream
        self.connection = connection
        self.due = -1

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken."""
        return self.stream.unsent

    def send(self, prepared: Prepared) -> None:
        """Send packets, now or when the peer reads."""
        frames = prepared.frames
        self._runtime.counters["bytes_out"] += len(frames)
        self.stream.write(frames)

    def limit_time(self, seconds: float) -> None:
        """Close the socket unless :meth:`settle` is called in time."""
        self._runtime.timers.schedule(self, seconds)

    def settle(self) -> None:
        """Lift the time limit."""
        self._runtime.timers.cancel(self)

    def close(self, code: int) -> None:
        """Close with this code once the queue is flushed, and wait for the peer's close."""
        if not self._closing:
            self._closing = True
            self._reader.close(code)
            self.limit_time(self._runtime.settings.close_timeout)
            self._answer()

    def drop(self, reset: bool = False) -> None:
        """Close the socket at once.

        Args:
            reset: also drop what the kernel holds; for peers that do not read.
        """
        self.settle()
        self.stream.close(reset)

    # from the stream

    def on_data(self, data: bytes) -> None:
        """Hand on what arrived, answer control frames, notice the end."""
        self._runtime.counters["bytes_in"] += len(data)
        try:
            for message in self._reader.receive(data):
                if self._closing:
                    break
                self.connection.on_packet(message, self)
        except PacketError as error:
            self.connection.fail(error)
        self._answer()
        if self._reader.failure is not None:
            self._refuse(self._reader.failure)
        elif self._reader.close_code is not None:
            self._ended("transport close")

    def _answer(self) -> None:
        data, end = self._reader.to_send()
        if data and not self.stream.closed:
            self.stream.write(data)
            if self.stream.unsent > self._runtime.settings.max_unsent:
                self._runtime.dropped(self.connection.address)
                self._ended("slow client")
                self.drop()
        if end:
            self.limit_time(self._runtime.settings.close_timeout)
            if not self.stream.unsent:
                self._finish()

    def _refuse(self, failure: FrameError) -> None:
        if not self._closing:
            self._runtime.refused(failure.rule, "a frame", self.stream.peer[0], failure)
        self._ended("transport error")

    def _ended(self, reason: str) -> None:
        if not self._closing:
            self._closing = True
            self.connection.on_transport_end(self, reason)

    def _finish(self) -> None:
        """Both sides said close: the server closes. Else leave the peer time to read it."""
        if self._reader.close_code is not None:
            self.drop()
        else:
            self.stream.end()

    def on_drain(self) -> None:
        """All is taken: go on with closing, if that is under way."""
        if self._reader.ended:
            self._finish()

    def on_end(self, clean: bool) -> None:
        """The peer ended without a close frame, or was lost."""
        self.drop()
        self._ended("transport close" if clean else "transport error")

    def on_time(self) -> None:
        """The upgrade or the close took too long."""
        self._ended("transport close")
        self.stream.close(reset=True)
