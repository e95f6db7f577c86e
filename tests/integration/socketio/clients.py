"""Raw Socket.IO clients: packets as text and bytes, over WebSocket and over polling."""

from __future__ import annotations

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from tests.integration.engine.wire import (
    BINARY,
    CLOSE,
    PATIENCE,
    TEXT,
    Http,
    frame,
    open_polling,
    open_websocket,
    sid_of,
)

Part = str | bytes


class Client:
    """Says and hears the parts of packets; answers pings."""

    sid: str
    answers_pings = True

    def tell(self, *parts: Part) -> None:
        """Send texts and attachments."""
        raise NotImplementedError

    def packet(self) -> Part:
        """Read one Engine.IO packet: text with its type, or bytes; EOFError at the end."""
        raise NotImplementedError

    def pong(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def hear(self) -> Part:
        """Read one message."""
        while True:
            packet = self.packet()
            if isinstance(packet, bytes):
                return packet
            if packet == "2":
                if self.answers_pings:
                    self.pong()
            elif packet.startswith("4"):
                return packet[1:]
            elif packet == "1":
                raise EOFError
            elif packet != "6":
                raise AssertionError(f"unexpected packet {packet!r}")

    def connect(self, namespace: str = "/", auth: Any = None) -> str:
        """Connect to a namespace; return its sid."""
        prefix = "" if namespace == "/" else namespace + ","
        self.tell(f"0{prefix}" + ("" if auth is None else json.dumps(auth)))
        answer = self.hear()
        assert isinstance(answer, str)
        assert answer.startswith(f"0{prefix}"), answer
        data = json.loads(answer[len(prefix) + 1 :])
        assert list(data) == ["sid"]
        return str(data["sid"])

    def call(self, event: str, *args: Any) -> Any:
        """Send an event to ``/`` and return its acknowledgement's first value."""
        self.tell("27777" + json.dumps([event, *args]))
        while not (answer := str(self.hear())).startswith("37777"):
            pass
        return json.loads(answer[5:])[0]

    def is_served(self) -> bool:
        return bool(self.call("echo", "here") == "here")

    def ends(self) -> bool:
        """Whether the server closes the connection, with nothing more to say."""
        try:
            heard = self.hear()
        except EOFError:
            return True
        raise AssertionError(f"still there: {heard!r}")

    def wait_for(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Ask the server how it is until that is as expected."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            state: dict[str, Any] = self.call("state")
            if condition(state):
                return state
            time.sleep(0.02)
        raise TimeoutError(f"still not as expected: {state}")

    def reason_of(self, sid: str) -> str:
        """Why the server lost a client of a namespace."""
        state = self.wait_for(lambda state: sid in dict(state["gone"]))
        return str(dict(state["gone"])[sid])


class WebSocketClient(Client):
    """Each part is a frame."""

    def __init__(self, port: int) -> None:
        self.websocket = open_websocket(port)
        self.sid = self.websocket.sid

    def tell(self, *parts: Part) -> None:
        for part in parts:
            if isinstance(part, bytes):
                self.websocket.send(frame(BINARY, part))
            else:
                self.websocket.send(frame(TEXT, b"4" + part.encode("utf-8", "surrogatepass")))

    def pong(self) -> None:
        self.websocket.say("3")

    def packet(self) -> Part:
        opcode, payload = self.websocket.frame()
        if opcode == CLOSE:
            raise EOFError
        return payload.decode() if opcode == TEXT else payload

    def close(self) -> None:
        self.websocket.close()


class PollingClient(Client):
    """Parts that are sent together are one payload."""

    def __init__(self, port: int) -> None:
        self.get, self.post = Http(port), Http(port)
        self.target = open_polling(self.get)
        self.sid = sid_of(self.target)
        self.waiting: list[str] = []

    def _say(self, payload: str) -> None:
        assert self.post.post(self.target, payload).status == 200

    def tell(self, *parts: Part) -> None:
        self._say("\x1e".join(
            "b" + b64encode(part).decode() if isinstance(part, bytes) else "4" + part
            for part in parts
        ))  # fmt: skip

    def pong(self) -> None:
        self._say("3")

    def packet(self) -> Part:
        if not self.waiting:
            response = self.get.get(self.target)
            if response.status != 200:
                raise EOFError
            self.waiting = response.packets()
        packet = self.waiting.pop(0)
        return b64decode(packet[1:]) if packet.startswith("b") else packet

    def close(self) -> None:
        self.post.post(self.target, "1")  # refused where the server closed before
        self.get.close()
        self.post.close()


OPENERS: dict[str, Callable[[int], Client]] = {
    "websocket": WebSocketClient, "polling": PollingClient,
}  # fmt: skip
