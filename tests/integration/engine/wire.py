"""Raw clients: HTTP bytes and WebSocket frames over plain sockets, with nothing in between."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
KEY_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the example of RFC 6455, 1.3
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
PATIENCE = 60.0  # seconds; what takes longer hangs


@dataclass
class Response:
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    body: bytes
    head: bytes

    @property
    def has_cors(self) -> bool:
        """Whether any header speaks of another origin."""
        return any(name.startswith("access-control-") for name in self.headers)

    def json(self) -> Any:
        return json.loads(self.body)

    def packets(self) -> list[str]:
        return self.body.decode().split("\x1e")


class Peer:
    """A socket with a buffer; reading past the end of the stream gives EOFError."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.port = port
        self.source = source
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(
            ("127.0.0.1", self.port), PATIENCE, source_address=(self.source, 0)
        )
        self.buffer = b""
        self.told_to_close = False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self, size: int) -> bytes:
        while len(self.buffer) < size:
            self._more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            self._more()
        return self.read(self.buffer.index(end) + len(end))

    def _more(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise EOFError
        self.buffer += data

    def read_to_end(self) -> bytes:
        """Everything until the server closes; a reset counts as its end."""
        try:
            while True:
                self._more()
        except (EOFError, ConnectionResetError):
            data, self.buffer = self.buffer, b""
            return data

    def ends(self) -> bool:
        return self.read_to_end() == b""


class Http(Peer):
    """A keep-alive HTTP connection; like any client it connects again after Connection: close."""

    def request(
        self, method: str, target: str, body: bytes | None = None, /, **headers: str
    ) -> Response:
        if self.told_to_close:
            self.close()
            self.connect()
        self.send(request(method, target, body, **headers))
        return self.response(method)

    def get(self, target: str, **headers: str) -> Response:
        return self.request("GET", target, **headers)

    def post(self, target: str, body: bytes | str, **headers: str) -> Response:
        return self.request(
            "POST", target, body.encode() if isinstance(body, str) else body, **headers
        )

    def response(self, method: str = "GET") -> Response:
        head = self.read_until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines[1:-2])}
        status = int(lines[0].split(" ")[1])
        self.told_to_close = headers.get("connection") == "close"
        body = b"" if method == "HEAD" or status in (101, 204, 304) else self._body(headers)
        return Response(status, headers, body, head)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self.read(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return self.read_to_end()
        body = b""
        while size := int(self.read_until(b"\r\n"), 16):
            body += self.read(size)
            assert self.read(2) == b"\r\n"
        assert self.read(2) == b"\r\n"
        return body


def request(method: str, target: str, body: bytes | None = None, /, **headers: str) -> bytes:
    """Return the bytes of a request; header names are written with underscores."""
    fields = {"Host": "localhost", **{n.replace("_", "-"): v for n, v in headers.items()}}
    if body is not None:
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def sid_of(target: str) -> str:
    """Return the sid in a target."""
    return target.rpartition("sid=")[2]


def open_polling(http: Http) -> str:
    """Shake hands; returns the target with the sid."""
    response = http.get(POLLING)
    assert response.status == 200, response
    return f"{POLLING}&sid={json.loads(response.body[1:])['sid']}"


def frame(
    opcode: int, payload: bytes = b"", fin: bool = True, masked: bool = True, reserved: int = 0
) -> bytes:
    """Return one frame as a client sends it."""
    length = len(payload)
    mask_bit = 0x80 if masked else 0
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 65_536:
        head += struct.pack("!BH", mask_bit | 126, length)
    else:
        head += struct.pack("!BQ", mask_bit | 127, length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + apply_mask(payload, mask)


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """XOR a payload with its mask."""
    key = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return number.to_bytes(len(payload), "big")


class WebSocket(Http):
    """A WebSocket client that can say anything."""

    def __init__(
        self, port: int, target: str = WEBSOCKET, source: str = "127.0.0.1", **headers: str
    ) -> None:
        super().__init__(port, source)
        self.answer = self.request("GET", target, **(UPGRADE | headers))

    @property
    def accepted(self) -> bool:
        return self.answer.status == 101

    def open(self) -> dict[str, Any]:
        """Read the open packet."""
        opening = self.text()
        assert opening.startswith("0"), opening
        handshake: dict[str, Any] = json.loads(opening[1:])
        self.sid = str(handshake["sid"])
        return handshake

    def say(self, text: str) -> None:
        self.send(frame(TEXT, text.encode()))

    def frame(self) -> tuple[int, bytes]:
        """Read one frame, which the server must not fragment or mask."""
        first, second = self.read(2)
        assert first & 0xF0 == 0x80, hex(first)
        assert not second & 0x80
        length = second
        if length == 126:
            (length,) = struct.unpack("!H", self.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.read(8))
        return first & 0x0F, self.read(length)

    def text(self) -> str:
        opcode, payload = self.frame()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    def close_code(self) -> int:
        """Skip to the close frame, answer it, then expect the end of the TCP connection."""
        opcode, payload = self.frame()
        while opcode != CLOSE:
            opcode, payload = self.frame()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send(frame(CLOSE, payload))
        assert self.ends()
        return struct.unpack("!H", payload[:2])[0] if payload else 1005

    def state(self) -> dict[str, Any]:
        """Ask the echo server how it is."""
        self.say("4state:")
        while True:
            text = self.text()
            if text.startswith('4{"connections"'):
                state: dict[str, Any] = json.loads(text[1:])
                return state
            if text == "2":
                self.say("3")

    def path(self) -> tuple[Any, ...]:
        """The path that the echo server's parsers took since the last time; it must be traced."""
        self.say("4path:")
        while not (text := self.text()).startswith("4[["):
            assert text == "2", text
            self.say("3")
        lines, refused = json.loads(text[1:])
        return tuple(lines), tuple(refused)

    def state_when(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask until the state is as expected; TimeoutError if it never is."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            state = self.state()
            if condition(state):
                return state
        raise TimeoutError(f"still not as expected: {state}")

    def reason_of(self, sid: str) -> str:
        """Wait until the echo server saw this connection close; returns the reason."""
        state = self.state_when(lambda state: sid in dict(state["closed"]))
        return str(dict(state["closed"])[sid])

    def echoes(self, text: str = "hello") -> bool:
        self.say("4" + text)
        answer = self.text()
        if answer == "2":
            self.say("3")
            answer = self.text()
        return answer == "4" + text


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": KEY,
}


def open_websocket(port: int, **headers: str) -> WebSocket:
    """Connect directly by WebSocket, open packet read."""
    websocket = WebSocket(port, **headers)
    assert websocket.accepted, websocket.answer
    websocket.open()
    return websocket
