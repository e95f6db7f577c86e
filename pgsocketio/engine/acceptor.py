"""Accepts TCP connections on the event loop."""

from __future__ import annotations

import errno
import socket as stdlib
from _socket import socket as Socket
from collections.abc import Callable
from typing import Any

from gevent.socket import getaddrinfo

from .runtime import Runtime
from .stream import READ

_BACKLOG = 4096
_PER_TURN = 64
_PAUSE = 0.5  # seconds
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Acceptor:
    """A listening socket.

    Args:
        runtime: shared parts.
        accepted: called with each new non-blocking socket and its peer's (address, port).
    """

    def __init__(
        self, runtime: Runtime, accepted: Callable[[Socket, tuple[str, int]], None]
    ) -> None:
        self._runtime = runtime
        self._accepted = accepted
        self._socket: Socket | None = None
        self._family = stdlib.AF_INET
        self._watcher: Any = None
        self._pause: Any = None

    @property
    def listening(self) -> bool:
        """Whether new connections are welcome."""
        return self._socket is not None

    def listen(self, host: str, port: int) -> tuple[str, int]:
        """Bind and start accepting; returns address and port. OSError as the system raised it."""
        family, kind, proto, _, address = getaddrinfo(
            host or None, port, type=stdlib.SOCK_STREAM, flags=stdlib.AI_PASSIVE
        )[0]
        socket = Socket(family, kind, proto)
        try:
            socket.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_REUSEADDR, 1)
            socket.bind(address)
            socket.listen(_BACKLOG)
            socket.setblocking(False)
        except BaseException:
            socket.close()
            raise
        self._socket = socket
        self._family = family
        self._watcher = self._runtime.loop.io(socket.fileno(), READ)
        self._watcher.start(self._accept)
        name = socket.getsockname()
        return name[0], name[1]

    def stop(self) -> None:
        """Close the listening socket."""
        if self._socket is None:
            return
        self._watcher.stop()
        self._watcher.close()
        if self._pause is not None:
            self._pause.stop()
        self._socket.close()
        self._socket = None

    def _accept(self) -> None:
        for _ in range(_PER_TURN):
            if self._socket is None:
                return
            try:
                fd, peer = self._socket._accept()  # type: ignore[attr-defined]  # CPython has it
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._rest(error)
                    return
                continue  # that one client went away before it was accepted
            socket = Socket(self._family, stdlib.SOCK_STREAM, 0, fd)
            socket.setblocking(False)
            socket.setsockopt(stdlib.IPPROTO_TCP, stdlib.TCP_NODELAY, 1)
            self._accepted(socket, (peer[0], peer[1]))

    def _rest(self, error: OSError) -> None:
        """Out of descriptors or memory: trying again at once would only spin."""
        self._runtime.counters["accept_paused"] += 1
        self._runtime.log.line(
            "accept", "Cannot accept connections for the moment: %s; raise the limit of open"
            " files or lower max_sockets", error.strerror,
        )  # fmt: skip
        self._watcher.stop()
        self._pause = self._runtime.loop.timer(_PAUSE)
        self._pause.start(self._resume)

    def _resume(self) -> None:
        self._watcher.start(self._accept)
