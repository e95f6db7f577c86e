"""What 10,000 clients took of the server is there again when they have gone."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from typing import Any

from tests.integration.engine.wire import (
    CLOSE,
    PATIENCE,
    TEXT,
    UPGRADE,
    WEBSOCKET,
    Http,
    frame,
    open_polling,
    request,
)

from .clients import WebSocketClient
from .conftest import Start

WAVES, WAVE = 20, 500
UNBOUND = {"engine": {"handshakes_per_second": 1e6, "handshake_burst": 1_000_000}}
PER_CLIENT = 200  # bytes: noise of the allocator; a client takes thousands
_HANDSHAKE = request("GET", WEBSOCKET, **UPGRADE)
_CONNECT = frame(TEXT, b"40")
_FAREWELLS = (
    lambda peer: None,  # without a word
    lambda peer: peer.sendall(frame(CLOSE)),
    lambda peer: peer.sendall(frame(TEXT, b"41")),
    lambda peer: peer.sendall(frame(TEXT, b"4half of a fragm", fin=False)[:-3]),
    lambda peer: peer.sendall(frame(TEXT, b'42["wait",0.05]')),
    lambda peer: peer.sendall(frame(TEXT, b'451-["say",{"_placeholder":true,"num":0}]')),
    lambda peer: peer.setsockopt(  # a reset, not an end
        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
    ),
)  # fmt: skip


def websockets(port: int, farewell: Callable[[], Callable[[socket.socket], None]]) -> None:
    """A wave of clients that connect to the namespace and go."""
    peers = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(WAVE)]
    for peer in peers:
        peer.sendall(_HANDSHAKE + _CONNECT)
    for peer in peers:
        heard = b""
        while b'40{"sid"' not in heard:
            heard += peer.recv(4096)
    for peer in peers:
        farewell()(peer)
        peer.close()


def polling(port: int) -> None:
    """A few that poll; half of them go while a poll is open."""
    for number in range(4):
        with Http(port) as get, Http(port) as post:
            target = open_polling(get)
            post.post(target, "40")
            get.get(target)
            if number % 2:
                get.send(request("GET", target))
            else:
                post.post(target, "1")


def alone(state: dict[str, Any]) -> bool:
    return bool(state["connections"] == 1)


def test_descriptors_and_memory_return(start: Start) -> None:
    port = start(**UNBOUND).port
    chance = random.Random(1)
    watcher = WebSocketClient(port)
    watcher.connect()

    def come_and_go() -> dict[str, Any]:
        websockets(port, lambda: chance.choice(_FAREWELLS))
        polling(port)
        return watcher.wait_for(alone)

    for _ in range(2):  # what is made once, and what the allocator keeps for a crowd
        before = come_and_go()
    for _ in range(WAVES):
        after = come_and_go()
    after = watcher.wait_for(lambda state: state["descriptors"] <= before["descriptors"])
    assert after["resident"] - before["resident"] < WAVES * WAVE * PER_CLIENT
    assert after["errors"] == 0
    watcher.close()
