"""A client of the realtime server that sends what it likes, with any headers."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.engine.wire import TEXT, WebSocket
from tests.support.servers import RealtimeServer


class Raw:
    """Packets of Socket.IO as text, over WebSocket."""

    def __init__(self, server: RealtimeServer, **headers: str) -> None:
        self.websocket = WebSocket(server.port, **headers)
        self.websocket.open()

    def tell(self, packet: str) -> None:
        self.websocket.say(f"4{packet}")

    def hear(self) -> str:
        """The next packet; EOFError when the server closed the connection."""
        while True:
            opcode, payload = self.websocket.frame()
            if opcode != TEXT:
                raise EOFError(payload)
            if payload == b"2":
                self.websocket.say("3")
            else:
                return payload[1:].decode()

    def connect(self, auth: Any, namespace: str = "/test") -> dict[str, Any]:
        """Connect; what it was answered."""
        self.tell(f"0{namespace},{json.dumps(auth)}")
        kind, _, answer = self.hear().partition(f"{namespace},")
        assert kind in ("0", "4"), kind
        data: dict[str, Any] = json.loads(answer)
        return data

    def call(self, event: str, *args: Any, namespace: str = "/test") -> Any:
        """Emit; the acknowledgement."""
        self.tell(f"2{namespace},7{json.dumps([event, *args])}")
        while not (packet := self.hear()).startswith(f"3{namespace},7"):
            pass
        return json.loads(packet.removeprefix(f"3{namespace},7"))
