"""Recorded transcripts of each version of the wire protocol; the server must go on speaking them.

``transcripts/v<version>/*.jsonl``: a line is ``{"client": text}``, ``{"server": text}`` or
``{"do": [verb, …]}``. Where the server is free to choose, a text has ``<name>``: any value, but the
same everywhere in one transcript. A transcript is never changed; a new version gets new ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import ConnectRefused, HandlerError
from pgsocketio.namespace import BaseNamespace
from pgsocketio.settings import ServerSettings
from pgsocketio.subscription import Subscription
from pgsocketio.testing import MemoryClient, NamespaceDriver
from pgsocketio.wire import SUPPORTED

FOLDER = Path(__file__).parent / "transcripts"
TRANSCRIPTS = sorted(FOLDER.glob("*/*.jsonl"))
_FREE = re.compile(r"<(\w+)>")


class ToUser(AbstractAdapter):
    channel = "im_user"
    index = "to_id"

    def format(self, message: dict[str, Any], *args: Any) -> Any:
        return message["values"]["text"]


class Page(BaseNamespace):
    """What the transcripts were recorded with."""

    subscriptions = [
        Subscription("say", ToUser, lambda _session: (2,)),
        Subscription("sure", ToUser, lambda _session: (3,), acknowledged=True),
    ]

    def authenticate(self, auth: dict[str, Any]) -> None:
        if auth.get("session_id") == "wrong":
            raise ConnectRefused("session expired")

    def on_echo(self, *args: Any) -> Any:
        return args

    def on_fail(self) -> None:
        raise HandlerError("not today", "UserError")

    def on_listen(self, user: int) -> None:
        self.spawn(self.listen, user)

    def listen(self, user: int) -> None:
        reader = self.socket.jobs.reader(ToUser)
        while True:
            reader.secure_emit("heard", reader.listen(user))

    def on_broadcast(self, *args: Any) -> None:
        self.broadcast_event("news", *args)


class Locked(BaseNamespace):
    """Nobody is let in."""

    def get_scope(self) -> None:
        return None


class Player:
    """Plays one transcript against a server without transport."""

    def __init__(self) -> None:
        settings = ServerSettings(max_attempts=2)
        self.driver = NamespaceDriver(BaseNamespace, settings=settings)
        self.driver.server.namespaces = {"/page": Page, "/locked": Locked}
        self.client = MemoryClient(self.driver.server)
        self.free: dict[str, str] = {}

    def play(self, line: dict[str, Any]) -> None:
        if "client" in line:
            self.client.connection.receive(self._fill(line["client"]))
        elif "do" in line:
            verb, *args = line["do"]
            getattr(self, verb)(*args)
        else:
            self._expect(line["server"])
        self.driver.settle()

    def _fill(self, text: str) -> str:
        return _FREE.sub(lambda match: self.free[match[1]], text)

    def _expect(self, text: str) -> None:
        assert self.client.connection.sent, f"the server is silent; it should say {text}"
        said = self.client.connection.sent.pop(0)
        assert isinstance(said, str)
        parts = _FREE.split(text)
        parts[::2] = map(re.escape, parts[::2])
        for index, name in enumerate(parts[1::2]):
            known = self.free.get(name)
            first = name not in parts[1 : 2 * index + 1 : 2]
            fresh = rf'(?P<{name}>[^",\[\]]+)' if first else rf"(?P={name})"
            parts[2 * index + 1] = fresh if known is None else re.escape(known)
        match = re.fullmatch("".join(parts), said)
        assert match is not None, f"the server says {said}; it should say {self._shown(text)}"
        self.free |= match.groupdict()

    def _shown(self, text: str) -> str:
        return _FREE.sub(lambda match: self.free.get(match[1], match[0]), text)

    # -- verbs -------------------------------------------------------------------------------

    def publish(self, user: int, text: str) -> None:
        self.driver.database.publish("im_user", to_id=user, text=text)

    def publish_volatile(self, user: int, text: str) -> None:
        self.driver.database.publish_volatile("im_user", to_id=user, text=text)

    def read(self) -> None:
        self.driver.database.read()

    def tell_positions(self) -> None:
        self.driver.server.tell_positions()

    def advance(self, seconds: float) -> None:
        self.driver.advance(seconds)

    def reconnect(self) -> None:
        self.client.connection.close("transport close")
        self.driver.settle()
        self.client = MemoryClient(self.driver.server)

    def closed(self) -> None:
        assert self.client.connection.closed


@pytest.fixture
def player() -> Iterator[Player]:
    made = Player()
    yield made
    made.driver.close()


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_server_still_speaks_so(player: Player, path: Path) -> None:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            player.play(json.loads(line))
        except AssertionError as error:
            raise AssertionError(f"{path.name}, line {number}: {error}") from error
    assert player.client.connection.sent == []


def test_there_are_transcripts_of_every_version() -> None:
    assert {path.parent.name for path in TRANSCRIPTS} == {f"v{version}" for version in SUPPORTED}
