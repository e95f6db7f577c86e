"""WebSocket transport on frames. Sources: RFC 6455; Engine.IO protocol, revision 4."""

from __future__ import annotations

import struct

import pytest

from .conftest import Start
from .wire import (
    BINARY,
    CLOSE,
    CONT,
    KEY_ACCEPT,
    PING,
    POLLING,
    PONG,
    TEXT,
    UPGRADE,
    Http,
    WebSocket,
    frame,
    open_websocket,
    request,
)


def test_handshake(port: int) -> None:
    with WebSocket(port) as websocket:
        assert websocket.answer.status == 101
        assert websocket.answer.headers["sec-websocket-accept"] == KEY_ACCEPT
        assert websocket.answer.headers["upgrade"] == "websocket"
        assert "sec-websocket-extensions" not in websocket.answer.headers
        assert websocket.open()["upgrades"] == []


def test_connection_header_may_be_a_list(port: int) -> None:
    with WebSocket(port, Connection="keep-alive, Upgrade", Upgrade="WebSocket") as websocket:
        assert websocket.accepted


def test_frames_sent_with_the_handshake_are_read(port: int) -> None:
    with Http(port) as peer:
        target = "/socket.io/?EIO=4&transport=websocket"
        peer.send(request("GET", target, **UPGRADE) + frame(TEXT, b"4early"))
        peer.read_until(b"\r\n\r\n")
        peer.read_until(b"}")
        assert peer.read(8) == b"\x81\x064early"


def test_text_and_binary(port: int) -> None:
    with open_websocket(port) as websocket:
        assert websocket.echoes("\N{EURO SIGN} \N{GRINNING FACE}")
        websocket.send(frame(BINARY, b"\x00\xff"))
        assert websocket.frame() == (BINARY, b"\x00\xff")


@pytest.mark.parametrize("size", [0, 1, 124, 125, 65_534, 65_535, 300_000])
def test_lengths(port: int, size: int) -> None:
    with open_websocket(port) as websocket:
        assert websocket.echoes("x" * size)


def test_byte_by_byte(port: int) -> None:
    with open_websocket(port) as websocket:
        for byte in frame(TEXT, b"4slow") + frame(PING, b"p") + frame(BINARY, b"b"):
            websocket.send(bytes([byte]))
        frames = [websocket.frame() for _ in range(3)]
        assert sorted(frames) == [(TEXT, b"4slow"), (BINARY, b"b"), (PONG, b"p")]


def test_fragments_with_control_frames_between(port: int) -> None:
    euro = "\N{EURO SIGN}".encode()
    with open_websocket(port) as websocket:
        websocket.send(
            frame(TEXT, b"4a" + euro[:1], fin=False)
            + frame(PING, b"between")
            + frame(CONT, b"", fin=False)
            + frame(PONG, b"unasked")
            + frame(CONT, euro[1:])
            + frame(BINARY, b"x", fin=False)
            + frame(CONT, b"y")
        )
        frames = [websocket.frame() for _ in range(3)]
        assert sorted(frames) == [(TEXT, b"4a" + euro), (BINARY, b"xy"), (PONG, b"between")]


def test_many_empty_fragments_are_not_kept(port: int) -> None:
    with open_websocket(port) as websocket:
        before = websocket.state()["resident"]
        websocket.send(frame(TEXT, b"4", fin=False) + frame(CONT, b"", fin=False) * 50_000)
        websocket.send(frame(CONT, b"done"))
        assert websocket.text() == "4done"
        assert websocket.state()["resident"] - before < 2_000_000


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1014, 3000, 4999])
def test_client_closes(port: int, code: int) -> None:
    with open_websocket(port) as websocket, open_websocket(port) as watcher:
        websocket.send(frame(CLOSE, struct.pack("!H", code) + b"bye") + frame(TEXT, b"4late"))
        assert websocket.frame() == (CLOSE, struct.pack("!H", code) + b"bye")
        assert websocket.ends()
        assert watcher.reason_of(websocket.sid) == "transport close"


def test_client_closes_without_a_code(port: int) -> None:
    with open_websocket(port) as websocket:
        websocket.send(frame(CLOSE))
        assert websocket.close_code() == 1005


def test_server_closes_after_flushing(port: int) -> None:
    with open_websocket(port) as websocket:
        websocket.say("4close:")
        assert websocket.text() == "4last words"
        assert websocket.frame() == (CLOSE, struct.pack("!H", 1000))
        websocket.send(frame(TEXT, b"4ignored") + frame(CLOSE, struct.pack("!H", 1000)))
        assert websocket.ends()


def test_server_does_not_wait_for_ever_for_the_clients_close(start: Start) -> None:
    with open_websocket(start(close_timeout=0.2).port) as websocket:
        websocket.say("4close:")
        assert websocket.text() == "4last words"
        assert websocket.frame()[0] == CLOSE
        assert websocket.ends()


def test_end_of_the_stream(port: int) -> None:
    with open_websocket(port) as watcher:
        websocket = open_websocket(port)
        websocket.close()
        assert watcher.reason_of(websocket.sid) == "transport close"


def test_close_packet(port: int) -> None:
    with open_websocket(port) as websocket, open_websocket(port) as watcher:
        websocket.say("1")
        assert websocket.close_code() == 1000
        assert watcher.reason_of(websocket.sid) == "transport close"


def test_ping_and_ping_timeout(start: Start) -> None:
    server = start(ping_interval=0.3, ping_timeout=1)
    with open_websocket(server.port) as websocket:
        for _ in range(3):
            assert websocket.text() == "2"
            websocket.say("3")
        assert websocket.text() == "2"
        assert websocket.ends()
    with open_websocket(server.port) as watcher:
        assert watcher.reason_of(websocket.sid) == "ping timeout"


def test_no_polling_after_a_direct_websocket(port: int) -> None:
    with WebSocket(port) as websocket, Http(port) as http:
        sid = websocket.open()["sid"]
        assert http.get(f"{POLLING}&sid={sid}").json()["code"] == 3
        assert http.post(f"{POLLING}&sid={sid}", "4x").json()["code"] == 3
        assert websocket.echoes()


def test_broadcast(port: int) -> None:
    websockets = [open_websocket(port) for _ in range(30)]
    websockets[0].say("4broadcast:news")
    for websocket in websockets:
        assert websocket.text() == "4news"
        websocket.close()


def test_attachments_follow_their_packet(port: int) -> None:
    with open_websocket(port) as websocket:
        websocket.say("4attach:text")
        frames = [websocket.frame() for _ in range(3)]
        assert frames == [(TEXT, b"4text"), (BINARY, b"\x00\x01"), (BINARY, b"\xff")]


def test_what_the_kernel_does_not_take_is_sent_later_in_order(start: Start) -> None:
    port = start(max_unsent=100_000_000).port
    with open_websocket(port) as websocket, open_websocket(port) as other:
        websocket.say("4flood:2000")
        websocket.say("4many:500")
        # all is sent while nobody reads, which is more than the kernel takes
        other.state_when(lambda state: state["counters"].get("packets_out", 0) >= 2500)
        for _ in range(2000):
            assert websocket.text() == "4" + "x" * 10_000
        assert [websocket.text() for _ in range(500)] == [f"4{n}" for n in range(500)]


def test_messages_of_which_the_kernel_takes_a_part_arrive_whole(start: Start) -> None:
    with open_websocket(start(max_unsent=100_000_000).port) as websocket:
        letters = "abcdefghijklmnop"
        for letter in letters:
            websocket.say("4" + letter * 900_000)
        for letter in letters:
            assert websocket.text() == "4" + letter * 900_000


def test_idle_websockets_cost_no_greenlet(port: int) -> None:
    with open_websocket(port) as watcher:
        before = watcher.state()["greenlets"]
        websockets = [open_websocket(port) for _ in range(20)]
        assert watcher.state()["greenlets"] == before
    for websocket in websockets:
        websocket.close()


def test_application_error_closes_that_connection_only(port: int, start: Start) -> None:
    with open_websocket(port) as websocket, open_websocket(port) as other:
        websocket.say("4fail:")
        assert websocket.close_code() == 1001
        assert other.echoes()
        assert other.state()["counters"]["application_errors"] == 1
        assert "failed on purpose" in start().log.read_text()


def test_in_a_patched_process(start: Start) -> None:
    port = start("patched", "fallback").port
    with open_websocket(port) as websocket, Http(port) as http:
        assert websocket.echoes()
        assert http.get("/anything").status == 200
