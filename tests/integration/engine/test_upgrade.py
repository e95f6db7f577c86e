"""From polling to WebSocket. Source: Engine.IO protocol, revision 4, section "Upgrade"."""

from __future__ import annotations

import pytest

from .conftest import Start
from .wire import POLLING, WEBSOCKET, Http, WebSocket, frame, open_polling, open_websocket, request


def probe(port: int, target: str) -> WebSocket:
    websocket = WebSocket(port, target.replace(POLLING, WEBSOCKET))
    assert websocket.accepted, websocket.answer
    return websocket


def test_upgrade(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        with probe(port, target) as websocket:
            websocket.say("2probe")
            assert websocket.text() == "3probe"
            websocket.say("5")
            assert websocket.echoes()
            assert websocket.state()["counters"]["upgraded"] >= 1


def test_probe_flushes_the_open_poll(port: int) -> None:
    with Http(port) as http, open_websocket(port) as watcher:
        target = open_polling(http)
        http.send(request("GET", target))
        watcher.state()
        with probe(port, target) as websocket:
            websocket.say("2probe")
            assert http.response().packets() == ["6"]
            assert http.get(target).packets() == ["6"]  # while probing no poll stays open
            assert websocket.text() == "3probe"
            websocket.say("5")
            assert websocket.echoes()


def test_a_poll_open_at_the_upgrade_is_answered(port: int) -> None:
    with Http(port) as http, open_websocket(port) as watcher:
        target = open_polling(http)
        with probe(port, target) as websocket:
            websocket.say("2probe")
            assert websocket.text() == "3probe"
            http.send(request("GET", target))
            watcher.state()  # the server has seen the poll
            websocket.say("5")
            assert http.response().packets() == ["6"]
            assert websocket.echoes()


def test_nothing_is_lost_or_reordered(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        received: list[str] = []
        with probe(port, target) as websocket:
            http.post(target, "4many:20")
            websocket.say("2probe")
            assert websocket.text() == "3probe"
            received += http.get(target).packets()
            http.post(target, "4more")
            websocket.say("5")
            websocket.say("4last")
            while received[-1] != "4last":
                received.append(websocket.text())
        assert received == [*(f"4{n}" for n in range(20)), "4more", "4last"]


def test_rest_of_a_packet_follows_over_websocket(start: Start) -> None:
    port = start(max_packets_per_poll=1).port
    with Http(port) as http:
        target = open_polling(http)
        http.post(target, "4attach:text")
        assert http.get(target).packets() == ["4text"]
        with probe(port, target) as websocket:
            websocket.say("2probe")
            websocket.text()
            websocket.say("5")
            assert [websocket.frame() for _ in range(2)] == [(2, b"\x00\x01"), (2, b"\xff")]


def test_requests_after_the_upgrade_are_refused(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        with probe(port, target) as websocket:
            websocket.say("2probe")
            websocket.text()
            websocket.say("5")
            assert websocket.echoes()
            assert http.get(target).json()["code"] == 3
            assert http.post(target, "4x").json()["code"] == 3
            with WebSocket(port, target.replace(POLLING, WEBSOCKET)) as second:
                assert second.answer.status == 400
            assert websocket.echoes("still here")


def test_one_probe_at_a_time(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        with probe(port, target) as first:
            with WebSocket(port, target.replace(POLLING, WEBSOCKET)) as second:
                assert second.answer.status == 400
            first.say("2probe")
            assert first.text() == "3probe"


@pytest.mark.parametrize("packet", ["5", "4x", "2", "2prob", "3probe", "", "2probe 2probe"])
def test_a_wrong_probe_ends_the_probe_only(port: int, packet: str) -> None:
    with Http(port) as http:
        target = open_polling(http)
        with probe(port, target) as websocket:
            for word in packet.split(" "):
                websocket.say(word)
            assert websocket.close_code() == 1002
        http.post(target, "4hello")
        assert http.get(target).packets() == ["4hello"]
        with probe(port, target) as again:
            again.say("2probe")
            assert again.text() == "3probe"


def test_a_lost_probe_leaves_polling_alone(port: int) -> None:
    with Http(port) as http, open_websocket(port) as watcher:
        target = open_polling(http)
        with probe(port, target) as websocket:
            websocket.say("2probe")
            assert websocket.text() == "3probe"
        watcher.state()  # the server has seen the end of the probe by then
        http.post(target, "4hello")
        assert http.get(target).packets() == ["4hello"]


def test_upgrade_timeout(start: Start) -> None:
    port = start(upgrade_timeout=0.8).port
    with Http(port) as http:
        target = open_polling(http)
        with probe(port, target) as websocket:
            websocket.say("2probe")
            assert websocket.text() == "3probe"
            assert websocket.ends()
        http.post(target, "4hello")
        assert http.get(target).packets() == ["4hello"]


def test_close_while_probing(port: int) -> None:
    with Http(port) as http:
        target = open_polling(http)
        with probe(port, target) as websocket:
            websocket.say("2probe")
            websocket.text()
            http.post(target, "4close:")
            assert websocket.close_code() == 1001
        assert http.get(target).packets() == ["4last words", "1"]


def test_binary_probe_is_refused(port: int) -> None:
    with Http(port) as http, probe(port, open_polling(http)) as websocket:
        websocket.send(frame(2, b"2probe"))
        assert websocket.close_code() == 1002


def test_upgrades_follow_the_transports_that_are_served(start: Start) -> None:
    with Http(start(transports=["polling"]).port) as http:
        assert b'"upgrades":[]' in http.get(POLLING).body
        assert http.get(WEBSOCKET).json()["code"] == 0
    with Http(start(transports=["websocket"]).port) as http:
        assert http.get(POLLING).json()["code"] == 0
