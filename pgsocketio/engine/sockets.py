"""All open TCP connections of an engine, within their limits."""

from __future__ import annotations

from _socket import socket as Socket
from collections.abc import Callable

from pgsocketio.rates import network_key

from .http_connection import HttpConnection
from .http_state import Handler
from .limits import CountPerKey
from .runtime import Runtime
from .stream import Stream


class Sockets:
    """Admits accepted sockets and knows the open ones.

    Args:
        runtime: shared parts.
        handler: answers their requests.
        is_proxy: tells whether an address is a trusted proxy, which has no limit of its own.
    """

    def __init__(self, runtime: Runtime, handler: Handler, is_proxy: Callable[[str], bool]) -> None:
        settings = runtime.settings
        self._runtime = runtime
        self._handler = handler
        self._is_proxy = is_proxy
        self._counts = CountPerKey(settings.max_sockets, settings.max_sockets_per_address)
        self._streams: set[Stream] = set()

    def __len__(self) -> int:
        return len(self._streams)

    def admit(self, socket: Socket, peer: tuple[str, int]) -> None:
        """Serve an accepted socket, or close it when a limit is reached."""
        key = network_key(peer[0])
        if self._counts.full:
            self._refuse(socket, "max_sockets", peer)
        elif self._counts.full_for(key) and not self._is_proxy(peer[0]):
            self._refuse(socket, "max_sockets_per_address", peer)
        else:
            stream = Stream(socket, self._runtime.loop, peer, self._closed)
            self._counts.add(key)
            self._streams.add(stream)
            stream.start(HttpConnection(self._runtime, stream, self._handler))

    def _refuse(self, socket: Socket, rule: str, peer: tuple[str, int]) -> None:
        socket.close()
        self._runtime.counters[f"refused:{rule}"] += 1
        self._runtime.log.line(rule, "Refused a socket of %s: %s is reached", peer[0], rule)

    def _closed(self, stream: Stream) -> None:
        self._streams.discard(stream)
        self._counts.remove(network_key(stream.peer[0]))

    def close(self) -> None:
        """Close all at once."""
        for stream in list(self._streams):
            stream.close()
