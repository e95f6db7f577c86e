"""What is malformed is refused by the right answer, and nobody else notices.

Each case breaks a rule, in one or more ways to arrive; no two take the same path through the server
to the same answer, which the server tells: the lines it ran, and what it refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.integration.socketio import malformed as malformed_socketio

from . import malformed_engineio, malformed_http, malformed_websocket
from .conftest import Start
from .wire import (
    POLLING,
    UPGRADE,
    WEBSOCKET,
    Http,
    Peer,
    Response,
    WebSocket,
    open_polling,
    open_websocket,
    request,
    sid_of,
)

SETTINGS = {
    "max_fallback_body": 500_000, "close_timeout": 0.5, "ping_interval": 600,
    "handshakes_per_second": 10_000, "handshake_burst": 10_000,
}  # fmt: skip
Paths = dict[Any, str]


@pytest.fixture(scope="module")
def paths() -> Paths:
    """Which case took which path."""
    return {}


@pytest.fixture(scope="module")
def healthy(start: Start) -> Iterator[WebSocket]:
    """A client of a server with a fallback that is served throughout."""
    yield from served(start("fallback", "traced", **SETTINGS).port)


@pytest.fixture(scope="module")
def alone(start: Start) -> Iterator[WebSocket]:
    """The same on a server without a fallback."""
    yield from served(start("traced", **SETTINGS).port)


def served(port: int) -> Iterator[WebSocket]:
    """In the end the server is where it was."""
    with open_websocket(port) as websocket:
        before = websocket.state()
        yield websocket
        descriptors = before["descriptors"]
        after = websocket.state_when(lambda state: state["descriptors"] <= descriptors)
        assert after["resident"] - before["resident"] < 12_000_000
        assert "application_errors" not in after["counters"]


def at_once(healthy: WebSocket, data: bytes, http: Http) -> Response:
    with suppress(ConnectionError):  # it may be refused before all of it was sent
        http.send(data)
    return http.response()


def first_byte_alone(healthy: WebSocket, data: bytes, http: Http) -> Response:
    http.send(data[:1])
    assert healthy.echoes() and healthy.echoes()  # the server has read it
    return at_once(healthy, data[1:], http)


def behind_an_open_poll(healthy: WebSocket, data: bytes, http: Http) -> Response:
    """It waits until the poll is answered, and is read then."""
    target = open_polling(http)
    http.send(request("GET", target))
    with Http(http.port) as other:
        with suppress(ConnectionError):
            http.send(data)
        assert other.post(target, "4for the poll").status == 200
    assert http.response().packets() == ["4for the poll"]
    return http.response()


def opened(healthy: WebSocket, data: bytes) -> WebSocket:
    websocket = open_websocket(healthy.port)
    websocket.send(data)
    return websocket


def opened_first_byte_alone(healthy: WebSocket, data: bytes) -> WebSocket:
    websocket = opened(healthy, data[:1])
    assert healthy.echoes() and healthy.echoes()
    websocket.send(data[1:])
    return websocket


def with_the_handshake(healthy: WebSocket, data: bytes) -> WebSocket:
    """The same segment has the request and what follows."""
    websocket = WebSocket.__new__(WebSocket)
    Http.__init__(websocket, healthy.port)
    websocket.send(request("GET", WEBSOCKET, **UPGRADE) + data)
    websocket.answer = websocket.response()
    websocket.open()
    return websocket


def several(*groups: tuple[Callable[..., Any], list[Any]]) -> list[Any]:
    """Each case in each way to arrive."""
    return [
        pytest.param(case, way, id=f"{case[0]}, {way.__name__}")
        for way, cases in groups for case in cases
    ]  # fmt: skip


HTTP = several(
    (at_once, malformed_http.CASES), (first_byte_alone, malformed_http.CASES),
    (behind_an_open_poll, malformed_http.CASES),
)  # fmt: skip
FRAMES = several(
    (opened, malformed_websocket.CASES), (opened_first_byte_alone, malformed_websocket.LATER),
    (with_the_handshake, malformed_websocket.CASES),
)  # fmt: skip
LEVELS = (HTTP, FRAMES, malformed_websocket.PROBING, malformed_engineio.CASES,
          malformed_socketio.CASES)  # fmt: skip  # the last have a test of their own


def inputs_of(case: Any, way: Callable[..., Any]) -> tuple[bytes, ...]:
    """All of them at once; one of them in other ways."""
    inputs: tuple[bytes, ...] = case[1]
    return inputs if way in (at_once, opened) else inputs[:1]


def test_the_corpus_is_large() -> None:
    assert sum(map(len, LEVELS)) >= 300


def is_one_of_its_own(paths: Paths, healthy: WebSocket, name: str, *answer: Any) -> None:
    """No other case took the path that was taken since the last look to the same answer."""
    path = (*answer, healthy.path())
    assert paths.setdefault(path, name) == name


@pytest.mark.parametrize(("case", "way"), HTTP)
def test_http(
    healthy: WebSocket, paths: Paths, case: malformed_http.Case, way: Callable[..., Response]
) -> None:
    for number, data in enumerate(inputs_of(case, way)):
        healthy.path()
        with Http(healthy.port) as http:
            response = way(healthy, data, http)
            assert response.status == case[2]
            assert "script" not in response.body.decode()
            if response.headers["content-type"] != "application/json":  # refused as HTTP
                assert response.headers["connection"] == "close"
                assert http.ends()
        if number == 0:
            name = f"{case[0]}, {way.__name__}"
            is_one_of_its_own(paths, healthy, name, response.status, response.body)
    assert healthy.echoes()


@pytest.mark.parametrize(("case", "way"), FRAMES)
def test_websocket(
    healthy: WebSocket, paths: Paths, case: malformed_websocket.Case, way: Callable[..., WebSocket]
) -> None:
    for number, data in enumerate(inputs_of(case, way)):
        healthy.path()
        with way(healthy, data) as websocket:
            assert websocket.close_code() == case[2]
            if number == 0:
                is_one_of_its_own(paths, healthy, f"{case[0]}, {way.__name__}", case[2])
            assert healthy.reason_of(websocket.sid) in ("parse error", "transport error")
    assert healthy.echoes()


@pytest.mark.parametrize(
    "case", malformed_websocket.PROBING, ids=[case[0] for case in malformed_websocket.PROBING]
)
def test_websocket_that_probes(
    healthy: WebSocket, paths: Paths, case: malformed_websocket.Case
) -> None:
    """The probe is over; polling goes on."""
    with Http(healthy.port) as http:
        target = open_polling(http)
        healthy.path()
        with WebSocket(healthy.port, target.replace("polling", "websocket")) as probe:
            probe.send(case[1][0])
            assert probe.close_code() == case[2]
            is_one_of_its_own(paths, healthy, f"{case[0]}, probing", "probing", case[2])
        assert http.post(target, "4still here").status == 200
        assert http.get(target).packets() == ["4still here"]
    assert healthy.echoes()


@pytest.mark.parametrize(
    "case", malformed_engineio.CASES, ids=[case[0] for case in malformed_engineio.CASES]
)
def test_engineio(alone: WebSocket, paths: Paths, case: malformed_engineio.Case) -> None:
    name, method, queries, bodies, code = case
    for number, (query, body) in enumerate((q, b) for q in queries for b in bodies):
        with Http(alone.port) as http:
            target = open_polling(http)
            alone.path()
            query = query.replace("{sid}", sid_of(target))
            response = http.request(method, "/socket.io/?" + query, body)
            assert (response.status, response.json()["code"]) == (400, code)
            if number == 0:
                is_one_of_its_own(paths, alone, name, method, response.body)
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
