"""The wire protocol, word for word: recorded transcripts of each version are played again."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from pgsocketio.wire import SUPPORTED
from tests.integration.clients import PATIENCE
from tests.integration.site import Site
from tests.support.servers import RealtimeServer

TRANSCRIPTS = sorted(Path(__file__).with_name("transcripts").glob("*.txt"))


class Player:
    """Says what a transcript has the client say, and compares what it hears."""

    def __init__(
        self, socket: ClientConnection, names: dict[str, str], publish: Callable[..., int]
    ) -> None:
        self._socket = socket
        self._names = names
        self._publish = publish
        self._told = False

    def play(self, line: str) -> None:
        """Play one line."""
        sign, text = line[0], self._filled(line[2:])
        if sign == "<":
            heard = self._receive()
            wanted = ".*".join(map(re.escape, text.split("…")))
            assert re.fullmatch(wanted, heard), f"heard {heard}\ninstead {text}"
            asked = re.match(r"42/test,(\d+)", heard)
            self._names["ack"] = asked[1] if asked else ""
        elif sign == ">":
            self._socket.send(base64.b64decode(text[2:]) if text.startswith("b:") else text)
        else:
            self._publish(**json.loads(text))

    def _filled(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _receive(self) -> str:
        """The next packet but pings, and positions that are told now and then."""
        while True:
            heard = self._socket.recv(PATIENCE)
            if isinstance(heard, bytes):
                return "b:" + base64.b64encode(heard).decode()
            if heard == "2":
                self._socket.send("3")
            elif not self._is_late_position(heard):
                return heard

    def _is_late_position(self, heard: str) -> bool:
        told, self._told = self._told, self._told or '["web_socketio:position"' in heard
        return told and '["web_socketio:position"' in heard

@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(
    server: RealtimeServer, site: Site, publish: Callable[..., int], topic: str, transcript: Path
) -> None:
    user = site.user("demo")
    names = {
        "session": user.session_id, "uid": str(user.uid()), "db": user.db, "topic": topic,
    }
    url = f"ws{server.url[4:]}/socket.io/?EIO=4&transport=websocket"
    with connect(url, close_timeout=1) as socket:
        player = Player(socket, names, publish)
        for line in transcript.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                player.play(line)


def test_every_version_that_is_served_has_a_transcript() -> None:
    assert {path.stem for path in TRANSCRIPTS} == {"plain", *(f"v{n}" for n in SUPPORTED)}
