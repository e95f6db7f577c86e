"""Acts of other server processes: proven ones are obeyed, all else is named and left."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import logging
from typing import Any

import pytest

from pgsocketio.backplane import CHANNEL, DatabaseBackplane
from pgsocketio.log.publisher import Connections
from pgsocketio.members import Target
from pgsocketio.message import Message
from pgsocketio.namespace import BaseNamespace
from pgsocketio.testing import NamespaceDriver
from pgsocketio.wire import CLOSED, NotifyCodec

SECRET = b"the secret of the log"
_xids = itertools.count(100)


class Desk(BaseNamespace):
    def get_user(self) -> str | None:
        return self.environ.get("user")


class Other(Desk):
    pass


class Site:
    """Three clients, and the backplane that reaches them."""

    def __init__(self) -> None:
        self.ada = NamespaceDriver(Desk, environ={"user": "1"})
        self.bob = NamespaceDriver(Desk, environ={"user": "2"}, beside=self.ada)
        self.eve = NamespaceDriver(Other, environ={"user": "2"}, beside=self.ada)
        self.backplane = DatabaseBackplane(
            self.ada.database.name, "here", self.ada.server.members, Connections(self._unreachable),
            NotifyCodec(SECRET).is_signed, self.ada.runtime,
            self.ada.database.hub.routes.count,
        )  # fmt: skip

    @staticmethod
    def _unreachable(database: str) -> Any:
        raise AssertionError("what others want is not passed on")

    def deliver(self, *messages: Message) -> None:
        stamp = self.ada.database.hub.stamp
        assert stamp is not None
        self.backplane.deliver(messages, stamp)

    def ended(self) -> list[bool]:
        for client in (self.ada, self.bob, self.eve):
            client.settle()
        return [self.ada.ended, self.bob.ended, self.eve.ended]


@pytest.fixture
def site() -> Any:
    site = Site()
    with site.ada:
        yield site


def proof(xid: int | None, secret: bytes = SECRET) -> str:
    return hmac.new(secret, f"act:{xid}".encode(), hashlib.sha256).hexdigest()


def message(xid: int | None, values: dict[str, Any]) -> Message:
    return Message(xid, CHANNEL, 7, "2026-01-01T00:00:00+00:00", values, xid=xid, size=1)


def act(op: str = "emit", node: str = "there", **values: Any) -> Message:
    """As another server process sends it."""
    xid = next(_xids)
    return message(xid, {"op": op, "node": node, "proof": proof(xid), **values})


def said(text: str, **changes: Any) -> dict[str, Any]:
    shared = {"namespace": "/Desk", "event": "said", "args": [text], "room": None, "skip": None}
    return shared | changes


def kick(**target: Any) -> Message:
    return act("kick", target=Target(**target).to_json(), reason="closed by Ada")


def test_a_proven_act_is_obeyed(site: Site) -> None:
    site.deliver(act(**said("hello")))
    assert site.ada.take() == site.bob.take() == [("said", ["hello"])]
    assert site.eve.take() == []


def test_what_this_process_sent_is_done_already(site: Site) -> None:
    site.deliver(act(node="here", **said("hello")))
    assert site.ada.take() == []


def _of_another_transaction() -> Message:
    genuine = act(**said("again"))
    return message(next(_xids), dict(genuine["values"]))


FORGED = {
    "without proof": lambda: message(1, {"op": "emit", "node": "there", **said("x")}),
    "with another secret": lambda: act(**said("x"), proof=proof(next(_xids), b"")),
    "used again": _of_another_transaction,
    "volatile": lambda: message(None, {"op": "emit", "proof": proof(None), **said("x")}),
    "no text": lambda: act(**said("x"), proof=["0"]),
    "not ASCII": lambda: act(**said("x"), proof="é" * 64),
    "a kick": lambda: act("kick", target=Target().to_json(), reason="x", proof="0" * 64),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_act_is_named_and_not_obeyed(
    site: Site, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    with caplog.at_level(logging.WARNING):
        site.deliver(FORGED[kind](), act(**said("genuine")))
    assert site.ada.take() == [("said", ["genuine"])]
    assert site.ended() == [False, False, False]
    assert site.backplane.forged == 1
    assert "(uid 7) pretends to be an act of a server" in caplog.text


def test_many_forged_acts_do_not_flood_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.deliver(*(message(n, {"op": "kick"}) for n in range(100)))
    site.ada.advance(61)
    site.deliver(message(101, {"op": "kick"}))
    assert len(caplog.records) == 2
    assert "99 more like this" in caplog.text
    assert site.backplane.forged == 101


@pytest.mark.parametrize(
    ("target", "ended"),
    [
        ({}, [True, True, True]),
        ({"user": "2"}, [False, True, True]),
        ({"namespace": "/Desk"}, [True, True, False]),
        ({"user": "2", "namespace": "/Desk"}, [False, True, False]),
        ({"user": "3"}, [False, False, False]),
        ({"sids": ()}, [False, False, False]),
    ],
)
def test_kick_closes_those_who_are_meant(
    site: Site, target: dict[str, Any], ended: list[bool]
) -> None:
    site.deliver(kick(**target))
    assert site.ended() == ended


def test_kick_by_sid(site: Site) -> None:
    site.deliver(kick(sids=(site.bob.namespace.socket.sid, "unknown")))
    assert site.ended() == [False, True, False]


def test_a_versioned_client_is_told_why(site: Site) -> None:
    with NamespaceDriver(Desk, {"v": 1}, beside=site.ada) as client:
        client.take()
        site.deliver(kick())
        assert (CLOSED, [{"reason": "closed by Ada"}, None]) in client.take()


def test_an_act_that_is_not_understood_keeps_nobody_from_the_next(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.deliver(act("dance"), act("kick"), act(**said("hello"), louder=1), act(**said("hello")))
    assert site.ada.take() == [("said", ["hello"])]
    assert "a newer server wants 'dance'" in caplog.text


def test_the_namespace_scope_kicks_its_own(site: Site) -> None:
    site.ada.database.backplane.kick(Target(namespace="/Other"), "go")
    assert site.ended() == [False, False, True]
