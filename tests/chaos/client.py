"""A client of wire protocol v1 in a thread of its own, over WebSocket."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import websocket

from tests.chaos.keeper import Keeper

NAMESPACES = ("/plain", "/acknowledged", "/loop")
_PACKET = re.compile(r"4([0-6])(/[^,]*),(\d*)(.*)", re.DOTALL)
_BACK_OFF = 0.2

# What a handler is told: client, namespace + event, messages. It returns whether it succeeded.
Handler = Callable[["Client", str, list[dict[str, Any]]], bool]


class Client:
    """One user's page: reconnects by itself, keeps positions, drops what it has seen.

    :param port: of the server or of a proxy before it.
    :param handle: called with the messages of each event; False is a handler that hangs or throws.
    :param stale: called when the client was told to read its state again, and may do so now.
    :param stored: per namespace, what an earlier page left.
    """

    def __init__(
        self,
        name: str,
        user: int,
        port: int,
        handle: Handler,
        stale: Callable[[Client, str], None],
        stored: dict[str, str] | None = None,
        deduplicates: bool = True,
    ) -> None:
        self.name, self.user, self._port = name, user, port
        self._handle, self._stale = handle, stale
        self._keepers = {name: Keeper((stored or {}).get(name)) for name in NAMESPACES}
        self._stale_namespaces: set[str] = set()
        self._ready = {name: threading.Event() for name in NAMESPACES}
        self._deduplicates = deduplicates
        self._stopping = threading.Event()
        self._reading = threading.Event()
        self._reading.set()
        self._socket: websocket.WebSocket | None = None
        self.trouble: list[str] = []
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    # -- what happens to a page --------------------------------------------------------------

    def wait_ready(self, timeout: float = 90.0) -> None:
        """Wait until it is let in everywhere."""
        for name, ready in self._ready.items():
            assert ready.wait(timeout), f"{self.name} is not ready on {name}: {self.trouble[-3:]}"

    def drop(self) -> None:
        """Its network goes away for a moment."""
        connection = self._socket
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is gone already

    def stall(self, stalls: bool) -> None:
        """Read no more, or go on."""
        if stalls:
            self._reading.clear()
        else:
            self._reading.set()

    def close(self) -> dict[str, str]:
        """The page is left; returns what its storage holds."""
        self._stopping.set()
        self._reading.set()
        self.drop()
        self._thread.join(30)
        return {name: keeper.stored() for name, keeper in self._keepers.items()}

    def wait_positions(self, timeout: float = 90.0) -> None:
        """Wait until it stands somewhere else than at the beginning, everywhere."""
        deadline = time.monotonic() + timeout
        while any(keeper.position == keeper.first for keeper in self._keepers.values()):
            assert time.monotonic() < deadline, f"{self.name} gets no positions"
            time.sleep(0.05)

    # -- Engine.IO and Socket.IO ---------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._live()
            except (OSError, websocket.WebSocketException) as error:
                self.trouble.append(repr(error))
            finally:
                for ready in self._ready.values():
                    ready.clear()
            self._stopping.wait(_BACK_OFF)

    def _live(self) -> None:
        url = f"ws://127.0.0.1:{self._port}/socket.io/?EIO=4&transport=websocket"
        connection = websocket.create_connection(url, timeout=5, skip_utf8_validation=True)
        self._socket = connection
        try:
            hello = json.loads(connection.recv()[1:])
            connection.settimeout((hello["pingInterval"] + hello["pingTimeout"]) / 1000)
            for name in NAMESPACES:
                auth = {"v": 1, "user": self.user, **self._keepers[name].auth}
                connection.send(f"40{name},{json.dumps(auth)}")
            while not self._stopping.is_set():
                self._reading.wait()
                self._receive(connection, connection.recv())
        finally:
            connection.close(timeout=0)

    def _receive(self, connection: websocket.WebSocket, data: str | bytes) -> None:
        assert isinstance(data, str)
        if data == "2":
            connection.send("3")
            return
        if data in ("", "1"):
            raise websocket.WebSocketConnectionClosedException("closed by the server")
        packet = _PACKET.fullmatch(data)
        assert packet is not None, data[:200]
        kind, namespace, number, body = packet.groups()
        if kind == "2":
            ack = f"43{namespace},{number}[]" if number else None
            self._event(connection, namespace, json.loads(body), ack)
        elif kind != "0":
            self.trouble.append(data[:200])

    # -- the wire protocol -------------------------------------------------------------------

    def _event(
        self, connection: websocket.WebSocket, namespace: str, data: list[Any], ack: str | None
    ) -> None:
        event, *args, envelope = data
        keeper = self._keepers[namespace]
        if event.startswith("web_socketio:"):
            self._reserved(namespace, event, args)
            return
        if self._deduplicates and envelope and keeper.has_seen(envelope):
            done = True
        else:
            messages = args[0] if isinstance(args[0], list) else args
            done = self._handle(self, f"{namespace} {event}", messages)
            if envelope and (done or ack is None):
                keeper.remember(envelope)
        if ack is not None and done:
            connection.send(ack)

    def _reserved(self, namespace: str, event: str, args: list[Any]) -> None:
        keeper = self._keepers[namespace]
        if event == "web_socketio:ready":
            keeper.ready(args[0]["recovered"])
            if args[0]["recovered"] is False:
                self._stale_namespaces.add(namespace)
            self._ready[namespace].set()
        elif event == "web_socketio:position":
            keeper.arrived(args[0]["p"], args[0]["g"])
            if namespace in self._stale_namespaces:
                self._stale_namespaces.discard(namespace)
                self._stale(self, namespace)
        elif event == "web_socketio:recovered":
            self._stale(self, namespace)
        else:
            self.trouble.append(f"{event} {args}")
