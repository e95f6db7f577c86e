"""Every bound: crossing it gets its answer, a counter and one log line; others are served on."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from .conftest import Start
from .wire import (
    PATIENCE,
    POLLING,
    TEXT,
    Http,
    Peer,
    WebSocket,
    frame,
    open_polling,
    open_websocket,
    request,
    sid_of,
)


def test_slow_websocket_is_dropped(start: Start) -> None:
    server = start(max_unsent=100_000)
    with open_websocket(server.port) as slow, open_websocket(server.port) as other:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.say("4flood:1000")
        assert other.reason_of(slow.sid) == "slow client"
        assert other.echoes()
    assert server.has_said_once("Dropped a slow client")


def test_slow_poller_is_dropped(start: Start) -> None:
    server = start(max_unsent=100_000)
    with Http(server.port) as http:
        target = open_polling(http)
        http.post(target, "4flood:11")
        assert http.get(target).json()["code"] == 1


def test_client_that_takes_no_pongs_is_dropped(start: Start) -> None:
    server = start(max_unsent=100_000)
    with open_websocket(server.port) as slow, open_websocket(server.port) as other:
        pings = frame(9, b"x" * 125) * 1000
        with pytest.raises(ConnectionError):
            while True:
                slow.send(pings)
        assert other.reason_of(slow.sid) == "slow client"
    assert server.has_said_once("Dropped a slow client")


def test_connections_in_all(start: Start) -> None:
    server = start(max_connections=3)
    websockets = [open_websocket(server.port) for _ in range(3)]
    with WebSocket(server.port) as refused, Http(server.port) as http:
        assert refused.answer.status == 503
        assert http.get(POLLING).json()["message"] == "Too many connections"
    state = websockets[0].state()
    assert state["counters"]["refused:too many connections"] == 2
    assert server.has_said_once("Too many connections: refused 127.0.0.1")
    websockets[1].close()
    assert websockets[0].reason_of(websockets[1].sid) == "transport close"
    assert open_websocket(server.port).echoes()


def test_connections_per_address(start: Start) -> None:
    server = start(max_connections_per_address=2)
    websockets = [open_websocket(server.port) for _ in range(2)]
    with WebSocket(server.port) as refused, WebSocket(server.port, source="127.0.0.2") as other:
        assert refused.answer.status == 429
        assert other.accepted
    for websocket in websockets:
        websocket.close()


def test_handshakes_per_second(start: Start) -> None:
    server = start(handshakes_per_second=0.01, handshake_burst=3)
    with Http(server.port) as http:
        statuses = [http.get(POLLING).status for _ in range(4)]
        assert statuses == [200, 200, 200, 429]


def test_handshakes_are_welcome_again(start: Start) -> None:
    server = start(handshakes_per_second=2, handshake_burst=1)
    with Http(server.port) as http:
        end = time.monotonic() + PATIENCE
        http.get(POLLING)
        while http.get(POLLING).status == 429:
            assert time.monotonic() < end


def test_sockets_in_all(start: Start) -> None:
    server = start(max_sockets=3)
    with open_websocket(server.port) as websocket:
        peers = [Peer(server.port) for _ in range(3)]
        assert peers[2].ends()
        assert websocket.state()["counters"]["refused:max_sockets"] == 1
        for peer in peers:
            peer.close()


def test_sockets_per_address(start: Start) -> None:
    server = start(max_sockets_per_address=2)
    with Peer(server.port), Peer(server.port), Peer(server.port) as third:
        assert third.ends()
        with open_websocket_from(server.port, "127.0.0.3") as other:
            assert other.echoes()


def open_websocket_from(port: int, source: str) -> WebSocket:
    websocket = WebSocket(port, source=source)
    websocket.open()
    return websocket


def test_sockets_of_a_trusted_proxy_have_no_limit_of_their_own(start: Start) -> None:
    server = start(max_sockets_per_address=2, trusted_proxies=["127.0.0.0/8"])
    peers = [Http(server.port) for _ in range(5)]
    assert all(peer.get(POLLING).status == 200 for peer in peers)
    for peer in peers:
        peer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTT",
        request("POST", POLLING + "&sid={sid}", b"4abc")[:-1],
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_slow_requests(start: Start, data: bytes) -> None:
    server = start("fallback", header_timeout=0.6, body_timeout=0.6, close_timeout=0.1)
    with Http(server.port) as other:
        sid = sid_of(open_polling(other))
    with Http(server.port) as http:
        http.send(data.replace(b"{sid}", sid.encode()))
        response = http.response()
        assert response.status == 408
        assert http.ends()


def test_a_long_body_has_longer(start: Start) -> None:
    server = start("fallback", body_timeout=0.3, max_fallback_body=2_000_000)
    long = request("POST", "/", b"x" * 2_000_000)
    with Http(server.port) as uploads, Http(server.port) as short:
        uploads.send(long[:1_000_000])
        short.send(request("POST", "/", b"x" * 100)[:-1])
        assert short.response().status == 408
        uploads.send(long[1_000_000:])
        assert len(uploads.response().json()["body"]) == 2_000_000


def test_bytes_one_by_one_do_not_extend_the_time(start: Start) -> None:
    server = start("fallback", header_timeout=0.6, body_timeout=0.6, close_timeout=0.1)
    with Peer(server.port) as peer:
        end = time.monotonic() + PATIENCE
        peer.send(b"GET /")
        peer.socket.settimeout(0.05)
        answer = b""
        while not answer and time.monotonic() < end:
            peer.send(b"a")
            with suppress(TimeoutError):
                answer = peer.socket.recv(1000)
        assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("first", [b"", request("GET", POLLING)])
def test_idle_sockets_are_closed(start: Start, first: bytes) -> None:
    server = start(header_timeout=0.2, keep_alive_timeout=0.3)
    with Http(server.port) as http:
        http.send(first)
        if first:
            assert http.response().status == 200
        assert http.ends()


def test_half_open_client_is_gone_in_time(start: Start) -> None:
    server = start(ping_interval=0.5, ping_timeout=1)
    with open_websocket(server.port) as silent, open_websocket(server.port) as watcher:
        started = time.monotonic()
        assert watcher.reason_of(silent.sid) == "ping timeout"
        assert time.monotonic() - started < 0.5 + 1 + 5, "as is promised"


def test_message_at_the_bound_passes(start: Start) -> None:
    with (
        open_websocket(start(max_payload=2000).port) as websocket,
        Http(start(max_payload=2000).port) as http,
    ):
        assert websocket.echoes("x" * 1999)
        target = open_polling(http)
        assert http.post(target, "4" + "x" * 1999).status == 200
        assert http.post(target, "4" + "x" * 2000).status == 413


def large_message(port: int) -> None:
    with open_websocket(port) as websocket:
        websocket.send(frame(TEXT, b"4" + b"x" * 2000)[:10])  # its head is enough
        assert websocket.close_code() == 1009


def large_body(port: int) -> None:
    with Http(port) as http:
        assert http.post(open_polling(http), "4" * 2001).status == 413


def many_packets(port: int) -> None:
    with Http(port) as http:
        assert http.post(open_polling(http), "4\x1e4\x1e4\x1e4").status == 400


def large_head(port: int) -> None:
    with Http(port) as http:
        assert http.get(POLLING, Cookie="x" * 3000).status == 431


def many_fields(port: int) -> None:
    with Http(port) as http:
        assert http.get(POLLING, **{f"X_{n}": "y" for n in range(20)}).status == 431


def slow_head(port: int) -> None:
    with Http(port) as http:
        http.send(b"GET /")
        assert http.response().status == 408


CROSSED = {
    large_message: ("message too large", "message of more than 2000 bytes"),
    large_body: ("body too large", "request body too large"),
    many_packets: ("too many packets", "more than 3 packets in one payload"),
    large_head: ("head too large", "request head too large|too many header fields"),
    many_fields: ("head too large", "request head too large|too many header fields"),
    slow_head: ("slow request", "request took too long"),
}


@pytest.mark.parametrize("cross", CROSSED, ids=lambda cross: str(cross.__name__))
def test_each_is_counted_and_logged_once(start: Start, cross: Callable[[int], None]) -> None:
    server = start(max_payload=2000, max_packets_per_payload=3, max_header_size=3000,
                   max_header_count=15, header_timeout=0.6)  # fmt: skip
    rule, line = CROSSED[cross]
    with open_websocket(server.port) as other:
        before = other.state()["counters"].get(f"refused:{rule}", 0)
        for _ in range(2):
            cross(server.port)
        assert other.state()["counters"][f"refused:{rule}"] == before + 2
        assert server.has_said_once(line)
        assert other.echoes()


def test_post_above_the_bound_is_refused_before_its_body(start: Start) -> None:
    with Http(start(max_payload=2000).port) as http:
        target = open_polling(http)
        http.send(request("POST", target, b"", Content_Length="100000000"))
        response = http.response()
        assert response.status == 413
        assert response.headers["connection"] == "close"


def test_out_of_descriptors(start_own: Start) -> None:
    server = start_own("files=30")
    with open_websocket(server.port) as websocket:
        started = time.monotonic()
        peers = [Peer(server.port) for _ in range(40)]
        assert websocket.echoes()
        for peer in peers:
            peer.close()
        with open_websocket(server.port) as late:
            assert late.echoes()
        paused = websocket.state()["counters"]["accept_paused"]
        assert 1 <= paused <= 2 + 2 * (time.monotonic() - started)  # it does not spin
    assert server.has_said_once("Cannot accept connections")


def test_descriptors_and_memory_return(start: Start) -> None:
    server = start(handshakes_per_second=10_000, handshake_burst=10_000)
    with open_websocket(server.port) as watcher:
        descriptors = watcher.state()["descriptors"]

        def alone(state: dict[str, Any]) -> bool:
            return bool(state["connections"] == 1 and state["descriptors"] <= descriptors)

        come_and_go(server.port)
        before = watcher.state_when(alone)
        for _ in range(10):
            come_and_go(server.port)
        after = watcher.state_when(alone)
        assert after["resident"] - before["resident"] < 1_500_000


def come_and_go(port: int) -> None:
    websockets = [open_websocket(port) for _ in range(100)]
    for number, websocket in enumerate(websockets):
        if number % 2:
            websocket.send(frame(TEXT, b"4half of a fragm", fin=False)[:-3])
        websocket.close()


def test_a_flood_does_not_starve_others(start: Start) -> None:
    server = start()
    flood = frame(10, b"") * 100_000
    with open_websocket(server.port) as flooder, open_websocket(server.port) as other:
        flooder.socket.settimeout(0.001)
        waits: list[float] = []
        sent = 0
        for _ in range(100):
            with suppress(TimeoutError):
                sent += flooder.socket.send(flood[sent % 6 :])
            started = time.monotonic()
            assert other.echoes()
            waits.append(time.monotonic() - started)
        assert sorted(waits)[50] < 0.1
