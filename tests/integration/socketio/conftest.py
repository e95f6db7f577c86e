"""Starts the Socket.IO server in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.engine.conftest import EchoServer

from .clients import OPENERS, Client


class SocketioServer(EchoServer):
    """A running server; settings are those of ``server.py``."""

    script = Path(__file__).with_name("server.py")


Start = Callable[..., SocketioServer]
Open = Callable[[], Client]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start a server; the same settings give the same one."""
    servers: dict[str, SocketioServer] = {}

    def started(**settings: Any) -> SocketioServer:
        key = json.dumps(settings)
        if key not in servers:
            log = tmp_path_factory.mktemp("socketio") / "stderr"
            servers[key] = SocketioServer(log, **settings)
        return servers[key]

    yield started
    dead = [s.log.read_text() for s in servers.values() if s.process.poll() is not None]
    for server in servers.values():
        server.end()
    assert not dead
    for server in servers.values():
        assert "Traceback" not in server.log.read_text()


@pytest.fixture(params=list(OPENERS))
def open_client(request: pytest.FixtureRequest, start: Start) -> Iterator[Open]:
    """Open raw clients, by WebSocket and by polling."""
    opened: list[Client] = []

    def opens() -> Client:
        opened.append(OPENERS[request.param](start().port))
        return opened[-1]

    yield opens
    for client in opened:
        client.close()


@pytest.fixture
def client(open_client: Open) -> Client:
    return open_client()
