"""A TCP connection on the event loop: bytes in by callback, bytes out without blocking."""

from __future__ import annotations

import logging
import socket as stdlib
import struct
from _socket import socket as Socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any, Final, Protocol

READ: Final = 1
WRITE: Final = 2
READ_SIZE: Final = 8_192
logger = logging.getLogger("pgsocketio.engine")
_IOV: Final = 64
_RESET: Final = struct.pack("ii", 1, 0)


class Owner(Protocol):
    """Who a stream's bytes belong to; changes when HTTP turns into WebSocket."""

    def on_data(self, data: bytes) -> None: ...
    def on_end(self, clean: bool) -> None:
        """The peer ended (clean) or lost the connection. The stream is closed, if not clean."""

    def on_drain(self) -> None:
        """Everything written was taken by the kernel, after some of it had to wait."""


class Stream:
    """One accepted TCP connection.

    Args:
        socket: accepted, non-blocking.
        loop: gevent's event loop.
        peer: address and port of the peer.
        on_close: called once when this is closed.

    ``unsent`` counts the bytes that the kernel has not taken yet. What waits is not copied, so
    equal messages to many slow clients are one object. ``send`` is the socket's own as long as it
    is open and nothing waits, else None.
    """

    __slots__ = ("_loop", "_on_close", "_queue", "_reader", "_socket", "_writer", "closed",
                 "owner", "peer", "send", "unsent")  # fmt: skip

    def __init__(
        self,
        socket: Socket,
        loop: Any,
        peer: tuple[str, int],
        on_close: Callable[[Stream], None],
    ) -> None:
        self._socket = socket
        self._loop = loop
        self._reader = loop.io(socket.fileno(), READ)
        self._writer: Any = None
        self._queue: deque[bytes | memoryview] | None = None
        self._on_close = on_close
        self.peer = peer
        self.unsent = 0
        self.send: Callable[[bytes], int] | None = socket.send
        self.closed = False
        self.owner: Owner

    def start(self, owner: Owner) -> None:
        """Begin to read, or to read on, for this owner."""
        self.owner = owner
        if not self.closed and not self._reader.active:
            self._reader.start(self._readable)

    def pause(self) -> None:
        """Stop reading until :meth:`start`."""
        if not self.closed:
            self._reader.stop()

    def _readable(self) -> None:
        try:
            data = self._socket.recv(READ_SIZE)  # bounded, so that no client starves others
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            self.owner.on_end(False)
            return
        try:
            if data:
                self.owner.on_data(data)
            else:
                self._reader.stop()
                self.owner.on_end(True)
        except Exception:  # a defect of ours must not leave a connection half dead
            logger.exception("Closing a connection of %s after an error", self.peer[0])
            self.close()
            self.owner.on_end(False)

    def write(self, data: bytes) -> None:
        """Send now what the kernel takes, queue the rest."""
        if self.send is not None:
            try:
                sent = self.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self._lost()
                return
            if sent < len(data):
                self.wait(memoryview(data)[sent:])
        elif self._queue is not None:
            self._queue.append(data)
            self.unsent += len(data)

    def gather(self) -> None:
        """Have what is written from now on leave in one piece, in the loop's next turn."""
        if self.send is not None:
            self.send = None
            self._queue = deque()
            self._loop.run_callback(self._flush)

    def _flush(self) -> None:
        if self._queue is not None:
            self._writable()
            if self._queue is not None:
                self._watch()

    def wait(self, data: memoryview) -> None:
        """Send later what the kernel did not take at once."""
        self.send = None
        self._queue = deque((data,))
        self.unsent = len(data)
        self._watch()

    def _watch(self) -> None:
        self._writer = self._loop.io(self._socket.fileno(), WRITE)
        self._writer.start(self._writable)

    def _writable(self) -> None:
        assert self._queue is not None
        try:
            sent = self._socket.sendmsg(list(islice(self._queue, _IOV)))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lost()
            return
        self.unsent -= sent
        while self._queue and sent >= len(self._queue[0]):
            sent -= len(self._queue.popleft())
        if self._queue:
            self._queue[0] = memoryview(self._queue[0])[sent:]
            return
        self._stop_writer()
        self.send = self._socket.send
        self.owner.on_drain()

    def _stop_writer(self) -> None:
        self._queue = None
        self.unsent = 0
        if self._writer is not None:
            self._writer.stop()
            self._writer.close()
            self._writer = None

    def _lost(self) -> None:
        """A write failed: tell the owner, but not inside its own call."""
        self.close()
        self._loop.run_callback(self.owner.on_end, False)

    def end(self) -> None:
        """Half-close: tell the peer that nothing more comes."""
        with suppress(OSError):  # the peer may be faster; the owner hears of its end all the same
            self._socket.shutdown(stdlib.SHUT_WR)

    def close(self, reset: bool = False) -> None:
        """Close; what is queued is dropped.

        Args:
            reset: also drop what the kernel still holds, for peers that do not read.
        """
        if self.closed:
            return
        self.closed = True
        self.send = None
        self._stop_writer()
        self._reader.stop()
        self._reader.close()
        if reset:
            self._socket.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_LINGER, _RESET)
        self._socket.close()
        self._on_close(self)
