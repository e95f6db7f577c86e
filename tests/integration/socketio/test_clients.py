"""Official clients, unmodified, over every transport: they work, and come back by themselves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.clients import Client, Node
from tools.old_client import old_client
from tools.processes import free_port

from .conftest import SocketioServer

TRANSPORTS = [["polling"], ["websocket"], ["polling", "websocket"]]
SCRIPT = Path(__file__).with_name("python_clients.py")


class Restarting:
    """A server that can be restarted on its port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = SocketioServer(folder / "first", port=free_port())
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.end = self._server.end

    def restart(self) -> None:
        self._server.end()
        self._server = SocketioServer(self._folder / "second", port=self._server.port)
        self.end = self._server.end


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Restarting]:
    server = Restarting(tmp_path)
    yield server
    server.end()


def test_socketio_client(server: Restarting) -> None:
    """3.1, 4.0 and 4.8 on Node, two namespaces on each connection."""
    with ExitStack() as stack:
        node = Node()
        stack.callback(node.close)
        clients = []
        for version in ("3.1", "4.0", "4.8"):
            for transports in TRANSPORTS:
                options = {"reconnectionDelay": 100, "reconnectionDelayMax": 300}
                first = node.client(
                    server.url, "/", version=version, transports=transports, **options
                )
                clients += [first, node.client(server.url, "/chat", version=version, share=first)]
        for client in clients:
            client.connected()
            works(client, 1)
        server.restart()
        for client in clients:
            client.connected(2)
            works(client, 2)


def works(client: Client, count: int) -> None:
    """Events and acknowledgements both ways, binary too."""
    assert client.call("echo", {"a": [None, b"\x00\xff"]}) == {"a": [None, b"\x00\xff"]}
    client.emit("say", b"\x01", "text", b"\x02")
    assert client.wait_for("said", count)[-1] == [b"\x01", "text", b"\x02"]
    client.acknowledge(True, "me", b"\x03")
    client.emit("ask", "who")
    assert client.wait_for("answered", count)[-1] == ["me", b"\x03"]


@pytest.mark.parametrize(("age", "count"), [("installed", 9), ("5.7", 6)])
def test_python_socketio(server: Restarting, age: str, count: int) -> None:
    """Client, AsyncClient and (since 5.8) SimpleClient, over each transport."""
    python = sys.executable if age == "installed" else str(old_client())
    command = [python, str(SCRIPT), server.url]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline() == "ready\n":
            server.restart()
        output, errors = process.communicate(timeout=300)
    assert output == f"{count} clients\n", errors
    assert process.returncode == 0, errors
