"""Draining: every transport is closed so that unmodified clients come back."""

from __future__ import annotations

import time

import pytest

from .conftest import Start
from .wire import PATIENCE, POLLING, Http, open_polling, open_websocket, request


def test_close_all(start: Start) -> None:
    port = start().port
    with Http(port) as poller, Http(port) as idle, open_websocket(port) as websocket:
        polled, unpolled = open_polling(poller), open_polling(idle)
        poller.send(request("GET", polled))
        websocket.state()
        websocket.say("4close_all:")
        assert websocket.close_code() == 1001
        answer = poller.response()
        assert (answer.status, answer.json()["code"]) == (400, 1)  # a Close packet would be final
        assert idle.get(unpolled).json()["code"] == 1
        assert idle.get(POLLING).status == 200
        with open_websocket(port) as watcher:
            assert watcher.reason_of(websocket.sid) == "forced close"


def test_spread(start_own: Start) -> None:
    port = start_own().port
    websockets = [open_websocket(port) for _ in range(20)]
    started = time.monotonic()
    websockets[-1].say("4close_all:1")
    for websocket in websockets:
        websocket.close_code()
    assert time.monotonic() - started > 0.8


def test_spread_begins_at_once(start_own: Start) -> None:
    port = start_own(handshake_burst=1_000).port
    websockets = [open_websocket(port) for _ in range(100)]
    websockets[-1].say("4close_all:600")
    websockets[0].close_code()
    assert websockets[-1].echoes()


def test_stop_accepting(start_own: Start) -> None:
    server = start_own()
    with Http(server.port) as http, open_websocket(server.port) as websocket:
        http.get(POLLING)
        websocket.say("4stop_accepting:")
        assert websocket.echoes()
        assert http.get(POLLING).status == 503
        with pytest.raises(ConnectionRefusedError):
            Http(server.port)


def test_stop(start_own: Start) -> None:
    server = start_own("fallback")
    with Http(server.port) as poller, Http(server.port) as blocked, Http(server.port) as idle:
        websocket = open_websocket(server.port)
        poller.send(request("GET", open_polling(poller)))
        blocked.send(request("GET", "/blocks?60"))
        assert websocket.echoes()
        websocket.say("4stop:")
        assert websocket.frame() == (8, b"\x03\xe9")
        assert poller.response().json()["code"] == 1
        assert blocked.ends()
        assert idle.ends()
        websocket.close()
    assert server.process.wait(PATIENCE) == 0  # nothing keeps the event loop alive
    assert "Traceback" not in server.log.read_text()


def test_a_port_in_use_is_said_plainly(start: Start, start_own: Start) -> None:
    with pytest.raises(AssertionError, match=r"OSError: .*Address already in use"):
        start_own(f"port={start().port}")
