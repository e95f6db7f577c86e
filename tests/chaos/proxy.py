"""A TCP proxy that misbehaves on command."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from typing_extensions import Self

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


class _End(asyncio.Protocol):
    """One end of a link; what it reads goes to the other end."""

    transport: asyncio.Transport
    other: _End | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert self.other is not None
        self.other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.other is not None:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()


class Proxy:
    """Forwards a port of 127.0.0.1 to another; usable from any thread.

    :ivar upstream: the port that new connections are forwarded to.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self._swallow = False
        self._links: set[tuple[_End, _End]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.allow()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # -- faults ------------------------------------------------------------------------------

    def cut(self) -> None:
        """Close every connection as a peer does that ends in order (FIN)."""
        self._each(lambda end: end.transport.close())

    def reset(self) -> None:
        """Close every connection as a firewall or a crash does (RST)."""
        self._each(_reset)

    def freeze(self, new_too: bool = False) -> None:
        """Let every connection hang: open at both ends, and nothing passes any more.

        :param new_too: connections made from now on are accepted, and hang as well.
        """
        self._swallow = new_too
        self._each(_freeze)

    def refuse(self) -> None:
        """Cut every connection and refuse new ones."""
        self._run(self._close_server())
        self.cut()

    def allow(self) -> None:
        """Take connections (again), and forward them."""
        self._swallow = False
        self._run(self._open_server())

    # -- inside ------------------------------------------------------------------------------

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def _each(self, act: Callable[[_End], None]) -> None:
        async def all_ends() -> None:
            for link in self._links:
                for end in link:
                    act(end)

        self._run(all_ends())

    async def _open_server(self) -> None:
        if self._server is None:
            accept = lambda: _Accepted(self)  # noqa: E731
            self._server = await self._loop.create_server(accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _close_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def connect(self, near: _Accepted) -> None:
        """Open the far end of a link."""
        try:
            _, far = await self._loop.create_connection(_End, "127.0.0.1", self.upstream)
        except OSError:
            near.transport.close()
            return
        link = (near, far)
        near.other, far.other = far, near
        self._links.add(link)
        near.on_lost = lambda: self._links.discard(link)
        if near.transport.is_closing():
            far.transport.close()
        elif self._swallow:
            _freeze(near)
        else:
            near.transport.resume_reading()


class _Accepted(_End):
    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self.on_lost: Callable[[], None] = lambda: None
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._connecting = asyncio.ensure_future(self._proxy.connect(self))

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.on_lost()


def _reset(end: _End) -> None:
    end.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.transport.abort()


def _freeze(end: _End) -> None:
    end.transport.pause_reading()
    end.pause_writing = end.resume_writing = lambda: None  # type: ignore[method-assign]
