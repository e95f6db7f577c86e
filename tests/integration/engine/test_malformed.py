"""What is malformed is refused by the right answer, and nobody else notices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from . import malformed_engineio, malformed_http, malformed_websocket
from .conftest import Start
from .wire import POLLING, Http, Peer, WebSocket, open_polling, open_websocket, sid_of

CASES = [*malformed_http.CASES, *malformed_websocket.CASES, *malformed_engineio.CASES]
SETTINGS = {"max_fallback_body": 500_000, "close_timeout": 0.5}


@pytest.fixture(scope="module")
def healthy(start: Start) -> Iterator[WebSocket]:
    """A client of a server with a fallback that is served throughout."""
    yield from served(start("fallback", **SETTINGS).port)


@pytest.fixture(scope="module")
def alone(start: Start) -> Iterator[WebSocket]:
    """The same on a server without a fallback."""
    yield from served(start(**SETTINGS).port)


def served(port: int) -> Iterator[WebSocket]:
    """In the end the server is where it was."""
    with open_websocket(port) as websocket:
        before = websocket.state()
        yield websocket
        descriptors = before["descriptors"]
        after = websocket.state_when(lambda state: state["descriptors"] <= descriptors)
        assert after["resident"] - before["resident"] < 12_000_000
        assert "application_errors" not in after["counters"]


def test_the_corpus_is_large_and_every_case_has_a_name_of_its_own() -> None:
    names = [case[0] for case in CASES]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("data", "status"),
    [case[1:] for case in malformed_http.CASES],
    ids=[case[0] for case in malformed_http.CASES],
)
def test_http(healthy: WebSocket, data: bytes, status: int) -> None:
    with Http(healthy.port) as http:
        with suppress(ConnectionError):  # it may be refused before all of it was sent
            http.send(data)
        response = http.response()
        assert response.status == status
        assert "script" not in response.body.decode()
        if response.headers["content-type"] != "application/json":  # refused as HTTP
            assert response.headers["connection"] == "close"
            assert http.ends()
    assert healthy.echoes()


@pytest.mark.parametrize(
    ("data", "code"),
    [case[1:] for case in malformed_websocket.CASES],
    ids=[case[0] for case in malformed_websocket.CASES],
)
def test_websocket(healthy: WebSocket, data: bytes, code: int) -> None:
    with open_websocket(healthy.port) as websocket:
        websocket.send(data)
        assert websocket.close_code() == code
        assert healthy.reason_of(websocket.sid) in ("parse error", "transport error")
    assert healthy.echoes()


@pytest.mark.parametrize(
    "case", malformed_engineio.CASES, ids=[case[0] for case in malformed_engineio.CASES]
)
def test_engineio(alone: WebSocket, case: malformed_engineio.Case) -> None:
    _, method, query, body, status, code = case
    with Http(alone.port) as http:
        target = open_polling(http)
        query = query.replace("{sid}", sid_of(target))
        response = http.request(method, "/socket.io/?" + query, body)
        assert (response.status, response.json()["code"]) == (status, code)
        if method == "POST" and code == malformed_engineio.REQUEST:
            assert alone.reason_of(sid_of(target)) == "parse error"
            assert http.get(target).json()["code"] == malformed_engineio.SID
        else:
            assert http.post(target, "1").status == 200
    assert alone.echoes()


def test_head_has_no_body(port: int) -> None:
    with Http(port) as http:
        response = http.request("HEAD", POLLING)
        assert response.status == 400
        assert int(response.headers["content-length"]) > 0
        assert http.get(POLLING).status == 200


def test_every_byte_of_a_request_may_come_alone(port: int) -> None:
    with Peer(port) as peer:
        for byte in b"GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n":
            peer.send(bytes([byte]))
        assert peer.read_until(b"\r\n").startswith(b"HTTP/1.1 400")
