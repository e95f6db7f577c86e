"""``python -m benchmarks.turbogears``: tgext.socketio beside python-socketio's stock server.

Ping-pong round trips, and a chat room of 1,000, per second of the server's processor: what the
client costs and what else runs on the machine does not count. Rounds alternate between the servers.
"""

from __future__ import annotations

import base64
import os
import re
import selectors
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.tgext.servers import Gearbox, write_ini
from tools.console import main, say
from tools.paths import EXAMPLES, ROOT, VENV_PYTHON
from tools.turbogears import VERSIONS

PINGERS, PINGS = 400, 20_000
ROOM, MESSAGES = 1_000, 100
ROUNDS = 5
NAP = 0.002
"""Seconds between two looks at the sockets: a server that wakes the client at each send pays for
that, unlike one whose clients are elsewhere."""
PING = b"\x81\x012"
"""A frame of Engine.IO: without an answer the server ends the connection."""
TICKS = os.sysconf("SC_CLK_TCK")


class Clients:
    """WebSocket clients of one namespace, read by one loop that only counts words."""

    def __init__(self, port: int, namespace: str, count: int) -> None:
        self.namespace = namespace
        self._selector = selectors.DefaultSelector()
        self.sockets = [self._open(port, f"127.0.{number // 100}.1") for number in range(count)]

    def _open(self, port: int, source: str) -> socket.socket:
        """Connect from one of many addresses: the handshakes of each are limited."""
        client = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
        key = base64.b64encode(os.urandom(16)).decode()
        client.sendall(
            f"GET /socketio/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self._wait_for(client, b'"sid"')
        client.sendall(_frame(f"40{self.namespace},"))
        self._wait_for(client, f"40{self.namespace},".encode())
        self._selector.register(client, selectors.EVENT_READ)
        return client

    @staticmethod
    def _wait_for(client: socket.socket, text: bytes) -> None:
        received = b""
        while text not in received:
            received += client.recv(65_536)

    def emit(self, client: socket.socket, event: str) -> None:
        """Send the JSON of an event."""
        client.sendall(_frame(f"42{self.namespace},{event}"))

    def count(
        self, word: bytes, wanted: int, again: Callable[[socket.socket, int], None] | None = None
    ) -> None:
        """Read until a word came so often.

        :param again: called with a client and how often the word came there
        """
        tails: dict[socket.socket, bytes] = {}
        while wanted > 0:
            time.sleep(NAP)
            ready = self._selector.select(30)
            if not ready:
                raise RuntimeError(f"{wanted} of {word!r} did not come")
            for key, _mask in ready:
                client = key.fileobj
                assert isinstance(client, socket.socket)
                received = client.recv(1 << 18)
                if PING in received:
                    client.sendall(_frame("3"))
                data = tails.get(client, b"") + received
                found = data.count(word)
                tails[client] = data[-len(word) + 1 :]  # a word may come in two parts
                wanted -= found
                if again is not None and found:
                    again(client, found)

    def close(self) -> None:
        """Leave."""
        for client in self.sockets:
            client.close()


def _frame(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data


def processor(pid: int) -> float:
    """Seconds that a process has spent on a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pingpong(pid: int, port: int) -> float:
    """Round trips per second of the server's processor."""
    clients = Clients(port, "/pingpong", PINGERS)
    left = PINGS

    def ping(client: socket.socket, times: int) -> None:
        nonlocal left
        for _ in range(min(times, left)):
            left -= 1
            clients.emit(client, '["ping",{"type":"ping"}]')

    before = processor(pid)
    for client in clients.sockets:
        ping(client, 1)
    clients.count(b'"pong",', PINGS, ping)
    spent = processor(pid) - before
    clients.close()
    return PINGS / spent


def chat(pid: int, port: int) -> float:
    """Messages delivered per second of the server's processor."""
    clients = Clients(port, "/chat", ROOM)
    for client in clients.sockets:
        clients.emit(client, '["subscribe","room","1"]')
    clients.count(b'"userid"', ROOM)
    before = processor(pid)
    for number in range(MESSAGES):
        clients.emit(clients.sockets[number], '["user_message","hello"]')
        clients.count(b'"pubblication"', ROOM)
    spent = processor(pid) - before
    clients.close()
    return ROOM * MESSAGES / spent


def compare(
    name: str, measure: Callable[[int, int], float], servers: dict[str, tuple[int, int]]
) -> None:
    """Measure in turns, and say the medians and their ratio."""
    rows: dict[str, list[float]] = {server: [] for server in servers}
    for _ in range(ROUNDS):
        for server, (pid, port) in servers.items():
            rows[server].append(measure(pid, port))
    ours, stock = rows.values()
    ratios = [one / other for one, other in zip(ours, stock)]
    medians = ", ".join(f"{s} {statistics.median(row):,.0f}" for s, row in rows.items())
    say(f"-- {name}: {medians}; ratio {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f} to {max(ratios):.2f})")


def measure_all() -> None:
    """Both figures, with the newest TurboGears."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"anypubsub.backend": "memory"}
        ours = {}
        for app in ("pingpong", "chat"):
            ini = write_ini(folder, app, {}, settings)
            server = Gearbox(VERSIONS[-1], ini, EXAMPLES / f"tg_{app}")
            ours[app] = (server.child.pid, stack.enter_context(server).port)
        command = [str(VENV_PYTHON), "-m", "benchmarks.turbogears_stock"]
        stock = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        stack.callback(stock.terminate)
        assert stock.stdout is not None
        port = int(re.findall(r"\d+", stock.stdout.readline())[0])
        day = time.strftime("%Y-%m-%d")
        say(f"-- {day}, per second of the server's processor, {ROUNDS} rounds")
        compare(
            "ping-pong round trips", pingpong,
            {"tgext.socketio": ours["pingpong"], "python-socketio": (stock.pid, port)},
        )
        compare(
            f"deliveries in a chat room of {ROOM:,}", chat,
            {"tgext.socketio": ours["chat"], "python-socketio": (stock.pid, port)},
        )


if __name__ == "__main__":
    main(measure_all)
