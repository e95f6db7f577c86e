"""HTTP long polling. Source: Engine.IO protocol, revision 4."""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress
from itertools import chain

import pytest

from .conftest import Start
from .wire import PATIENCE, POLLING, Http, open_polling, open_websocket, request, sid_of


def test_handshake(port: int) -> None:
    with Http(port) as http:
        response = http.get(POLLING)
        assert response.status == 200
        assert response.headers["content-type"] == "text/plain; charset=UTF-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        (packet,) = response.packets()
        opening = json.loads(packet.removeprefix("0"))
        assert len(opening.pop("sid")) >= 20
        assert opening == {
            "upgrades": ["websocket"],
            "pingInterval": 25_000,
            "pingTimeout": 20_000,
            "maxPayload": 1_000_000,
        }


def test_tiny_times_are_not_announced_as_zero(start: Start) -> None:
    server = start(ping_interval=0.0004, ping_timeout=5)
    with Http(server.port) as http:
        assert json.loads(http.get(POLLING).body[1:])["pingInterval"] == 1


def test_both_spellings_of_the_path(port: int) -> None:
    with Http(port) as http:
        assert http.get(POLLING.replace("/?", "?")).status == 200
        assert http.get(POLLING.replace("/?", "/other?")).status == 404
        assert http.get("/socket.iox/?EIO=4&transport=polling").status == 404


def test_payload_both_ways(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        binary = base64.b64encode(b"\x00\xff").decode()
        posted = http.post(target, f"4hello\x1eb{binary}\x1e4\N{EURO SIGN}")
        assert (posted.status, posted.body) == (200, b"ok")
        assert http.get(target).packets() == ["4hello", "b" + binary, "4\N{EURO SIGN}"]


def test_open_poll_is_answered_when_there_is_something(port: int) -> None:
    with Http(port) as poller, Http(port) as poster:
        target = open_polling(poller)
        poller.send(request("GET", target))
        poster.post(target, "4one\x1e4two")
        assert poller.response().packets() == ["4one", "4two"]


def test_poll_takes_a_bounded_number_of_packets_in_order(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        http.post(target, "4many:40")
        polls = [http.get(target).packets() for _ in range(3)]
        assert [len(packets) for packets in polls] == [16, 16, 8]
        assert list(chain(*polls)) == [f"4{number}" for number in range(40)]


def test_poll_takes_a_bounded_number_of_bytes(start: Start) -> None:
    with Http(start(max_payload=25_000).port) as http:
        target = open_polling(http)
        http.post(target, "4flood:5")
        assert [len(http.get(target).packets()) for _ in range(3)] == [2, 2, 1]


def test_attachments_follow_their_packet(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        http.post(target, "4attach:text")
        assert http.get(target).packets() == ["4text", "bAAE=", "b/w=="]


def test_second_poll_closes_the_session(port: int) -> None:
    with Http(port) as first, Http(port) as second, open_websocket(port) as watcher:
        target = open_polling(first)
        first.send(request("GET", target))
        watcher.state()  # the server has seen the first poll
        refused = second.get(target)
        assert (refused.status, refused.json()) == (400, {"code": 3, "message": "Bad request"})
        assert first.response().packets() == ["1"]
        assert second.get(target).json()["code"] == 1
        assert watcher.reason_of(sid_of(target)) == "transport error"


def test_second_post_closes_the_session(port: int) -> None:
    with Http(port) as first, Http(port) as second, open_websocket(port) as watcher:
        target = open_polling(second)
        first.send(request("POST", target, b"4first")[:-1])
        watcher.state()  # the server has seen the first POST
        refused = second.post(target, "4second")
        assert (refused.status, refused.json()) == (400, {"code": 3, "message": "Bad request"})
        first.send(b"t")
        assert first.response().status == 400
        assert watcher.reason_of(sid_of(target)) == "transport error"


def test_a_post_that_is_given_up_leaves_room_for_another(port: int) -> None:
    with Http(port) as first, Http(port) as second, open_websocket(port) as watcher:
        target = open_polling(second)
        first.send(request("POST", target, b"4first")[:-1])
        watcher.state()
        first.close()
        watcher.state()
        assert second.post(target, "4second").body == b"ok"
        assert second.get(target).packets() == ["4second"]


def test_client_closes_with_an_open_poll(port: int) -> None:
    with Http(port) as poller, Http(port) as poster, open_websocket(port) as watcher:
        target = open_polling(poller)
        poller.send(request("GET", target))
        watcher.state()
        assert poster.post(target, "1").status == 200
        assert poller.response().packets() == ["6"]
        assert poller.get(target).json()["code"] == 1
        assert watcher.reason_of(sid_of(target)) == "transport close"


def test_server_closes_with_an_open_poll(port: int) -> None:
    with Http(port) as poller, Http(port) as poster, open_websocket(port) as watcher:
        target = open_polling(poller)
        poller.send(request("GET", target))
        watcher.state()
        poster.post(target, "4close:")
        assert poller.response().packets() == ["4last words", "1"]
        assert poller.get(target).status == 400
        assert watcher.reason_of(sid_of(target)) == "forced close"


def test_server_closes_between_two_polls(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        http.post(target, "4close:")
        assert http.post(target, "4x").json()["code"] == 1
        assert http.get(target).packets() == ["4last words", "1"]
        assert http.get(target).json()["code"] == 1


def test_news_of_a_close_are_kept_for_a_bounded_time(start: Start) -> None:
    server = start(close_timeout=0.2)
    with Http(server.port) as http, open_websocket(server.port) as watcher:
        target = open_polling(http)
        http.post(target, "4close:")
        watcher.reason_of(sid_of(target))
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            watcher.state()
        assert http.get(target).json()["code"] == 1


def test_reason_given_by_the_application_comes_once(port: int) -> None:
    with Http(port) as http, open_websocket(port) as watcher:
        target = open_polling(http)
        http.post(target, "4close_from_on_message:\x1e4ignored")
        assert http.get(target).packets() == ["1"]
        closed = watcher.state()["closed"]
        assert [reason for sid, reason in closed if sid == sid_of(target)] == ["my reason"]


def test_poll_given_up_closes_the_session(port: int) -> None:
    with Http(port) as poller, Http(port) as other, open_websocket(port) as watcher:
        target = open_polling(poller)
        poller.send(request("GET", target))
        watcher.state()
        poller.close()
        assert watcher.reason_of(sid_of(target)) == "transport error"
        assert other.get(target).json()["code"] == 1


def test_ping_and_pong(start: Start) -> None:
    server = start(ping_interval=0.3, ping_timeout=20)
    with Http(server.port) as http:
        target = open_polling(http)
        for _ in range(3):
            assert http.get(target).packets() == ["2"]
            assert http.post(target, "3").status == 200
        http.post(target, "4alive")
        assert "4alive" in http.get(target).packets()  # maybe behind the next ping


def test_ping_timeout(start: Start) -> None:
    server = start(ping_interval=0.3, ping_timeout=1)
    with Http(server.port) as http:
        target = open_polling(http)
        http.send(request("GET", target) * 2)
        assert http.response().packets() == ["2"]
        assert http.response().packets() == ["6"]  # no pong: the open poll gets a packet
        assert http.get(target).json()["code"] == 1
    with open_websocket(server.port) as watcher:
        assert watcher.reason_of(sid_of(target)) == "ping timeout"


def test_pong_that_nobody_asked_for_does_not_postpone_the_ping(start: Start) -> None:
    server = start(ping_interval=0.6, ping_timeout=20)
    with Http(server.port) as poller, Http(server.port) as poster:
        target = open_polling(poller)
        end = time.monotonic() + PATIENCE
        poller.send(request("GET", target))
        poller.socket.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() < end:
            poster.post(target, "3\x1e3")
            with suppress(TimeoutError):
                answer = poller.read_until(b"\r\n\r\n2")
        assert answer


@pytest.mark.parametrize("body", [b"", b"x" * 3])
def test_options(port: int, body: bytes) -> None:
    with Http(port) as http:
        response = http.request("OPTIONS", POLLING, body)
        assert response.status == 204
        assert response.body == b""
        assert "access-control-allow-origin" not in response.headers
        assert http.get(POLLING).status == 200


def test_poll_costs_no_greenlet(port: int) -> None:
    pollers = [Http(port) for _ in range(20)]
    with open_websocket(port) as watcher:
        before = watcher.state()["greenlets"]
        for poller in pollers:
            poller.send(request("GET", open_polling(poller)))
        assert watcher.state()["greenlets"] == before
    for poller in pollers:
        poller.close()
