"""Official clients, unmodified: python-engineio and Node's engine.io-client."""

from __future__ import annotations

import json
import queue
from typing import Any

import engineio
import pytest

from tests.support.node import run_node

from .conftest import Start
from .wire import PATIENCE, open_websocket

FAST = {"ping_interval": 0.3, "ping_timeout": 20}
TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]
NODE = """
import { Socket } from 'engine.io-client';
const [, port, transports] = process.argv;
const socket = new Socket(`ws://127.0.0.1:${port}`, {
  path: '/socket.io/', transports: JSON.parse(transports),
});
socket.binaryType = 'nodebuffer';
const seen = [];
let pings = 0;
const finished = () => seen.length === 5 && pings >= 2;
const next = () => { if (finished()) socket.send('close:'); };
socket.on('open', () => { socket.send('hello \\u20ac'); socket.send(Buffer.from([0, 255])); });
socket.on('ping', () => { pings += 1; next(); });
socket.on('message', (data) => {
  if (data === 'last words') return;
  seen.push(Buffer.isBuffer(data) ? [...data] : data);
  if (seen.length === 2) socket.send('attach:text');
  next();
});
socket.on('close', (reason) => {
  console.log(JSON.stringify({ seen, reason, transport: socket.transport.name }));
});
"""


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
def test_python_engineio(start: Start, transports: list[str]) -> None:
    port = start(**FAST).port
    received: queue.Queue[Any] = queue.Queue()
    gone: queue.Queue[str] = queue.Queue()
    client = engineio.Client()
    client.on("message", received.put)
    client.on("disconnect", gone.put)
    client.connect(f"http://127.0.0.1:{port}", transports=transports, engineio_path="socket.io")
    assert client.transport() == transports[-1]
    client.send("hello \N{EURO SIGN}")
    client.send(b"\x00\xff")
    client.send("attach:text")
    expected = ["hello \N{EURO SIGN}", b"\x00\xff", "text", b"\x00\x01", b"\xff"]
    assert sorted(map(str, (received.get(timeout=PATIENCE) for _ in expected))) == sorted(
        map(str, expected)  # this client starts a thread per message
    )
    client.send("close:")
    assert received.get(timeout=PATIENCE) == "last words"
    assert gone.get(timeout=PATIENCE)


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
def test_node_engineio(start: Start, transports: list[str]) -> None:
    result = json.loads(run_node(NODE, str(start(**FAST).port), json.dumps(transports)))
    assert result == {
        "seen": ["hello \N{EURO SIGN}", [0, 255], "text", [0, 1], [255]],
        "reason": "transport close",
        "transport": transports[-1],
    }


@pytest.mark.parametrize("transports", TRANSPORTS, ids="+".join)
def test_python_engineio_comes_back_after_close_all(start: Start, transports: list[str]) -> None:
    """Its Socket.IO client reconnects unless the reason is a disconnect by the server."""
    port = start(**FAST).port
    gone: queue.Queue[str] = queue.Queue()
    client = engineio.Client()
    client.on("disconnect", gone.put)
    client.connect(f"http://127.0.0.1:{port}", transports=transports, engineio_path="socket.io")
    with open_websocket(port) as other:
        other.say("4close_all:")
        assert gone.get(timeout=PATIENCE) == client.reason.TRANSPORT_ERROR
