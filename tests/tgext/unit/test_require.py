"""``@require`` and who a socket is."""

from __future__ import annotations

from typing import Any

import pytest
import tg
from tg import predicates, require
from tgext.socketio import SocketIOTGNamespace
from tgext.socketio.testing import SocketIOTestClient

from tests.tgext.unit.apps import Metadata, connect, make_app


class Guarded(SocketIOTGNamespace):
    @require(predicates.not_anonymous())
    def on_known(self) -> str:
        return "ok"

    @require(predicates.in_group("managers"))
    def on_manage(self) -> str:
        return "ok"

    @require(predicates.not_anonymous())
    @require(predicates.in_group("managers"))
    def on_both(self) -> str:
        return "ok"

    @require(None)
    def on_nobody(self) -> str:
        return "ok"

    def on_who(self) -> list[Any]:
        identity = tg.request.identity
        return [identity["repoze.who.userid"], identity["user"], identity["groups"]]


def denied(method: str) -> list[tuple[str, str]]:
    return [("method_access_denied", f'You do not have access to method "on_{method}"')]


@pytest.mark.parametrize("event", ["known", "manage", "both", "nobody"])
def test_an_anonymous_client_is_refused(event: str) -> None:
    reply = connect(Guarded).emit(event)
    assert (reply.errors, reply.ack) == (denied(event), None)


def test_the_predicate_sees_the_identity() -> None:
    ann = connect(Guarded, identity={"user": "ann", "groups": ["managers"]})
    bob = connect(Guarded, identity={"user": "bob"})
    assert [ann.emit(event).ack for event in ("known", "manage", "both")] == ["ok"] * 3
    assert bob.emit("known").ack == "ok"
    assert bob.emit("manage").errors == denied("manage")
    assert bob.emit("both").errors == denied("both")


def test_no_predicate_is_met_by_nobody() -> None:
    assert connect(Guarded, identity="ann").emit("nobody").errors == denied("nobody")


def test_the_user_is_read_when_an_event_asks_for_it() -> None:
    metadata = Metadata()
    app = make_app(metadata, test=Guarded)
    identity = {"repoze.who.identity": {"repoze.who.userid": "ann"}}
    socket = SocketIOTestClient(app).namespace("/test", **identity)
    metadata.asked = 0
    assert socket.emit("manage").ack == "ok"
    assert metadata.asked == 0
    assert socket.emit("who").ack == ["ann", {"name": "ann"}, ["managers"]]
    assert metadata.asked == 1


def test_the_identity_is_read_again_and_other_rights_end_the_transport() -> None:
    metadata = Metadata()
    metadata.groups = {"ann": ["managers"], "bob": []}
    client = SocketIOTestClient(make_app(metadata, test=Guarded))
    sockets = {
        name: client.namespace("/test", **{"repoze.who.identity": {"repoze.who.userid": name}})
        for name in ("ann", "bob")
    }
    client._server.check_identities()
    assert sockets["ann"].emit("manage").ack == "ok"
    metadata.groups["ann"] = []
    client._server.check_identities()
    assert sockets["ann"]._client.connection.closed
    assert not sockets["bob"]._client.connection.closed


def test_an_application_that_fails_leaves_the_identity_as_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    metadata = Metadata()
    client = SocketIOTestClient(make_app(metadata, test=Guarded))
    ann = {"repoze.who.identity": {"repoze.who.userid": "ann"}}
    socket = client.namespace("/test", **ann)

    def fail(*_args: Any) -> Any:
        raise OSError("the database is away")

    metadata.get_user = fail  # type: ignore[method-assign]
    client._server.check_identities()
    assert "the old one counts" in caplog.text
    assert socket.emit("manage").ack == "ok"


def test_a_controller_that_lets_only_some_in() -> None:
    app = make_app(test=Guarded, allow_only=predicates.not_anonymous())
    client = SocketIOTestClient(app)
    assert client.namespace("/test").refused == {
        "message": "refused: 401 Unauthorized", "data": {"status": 401}
    }  # fmt: skip
    assert client.namespace("/test", identity={"user": "ann"}).emit("known").ack == "ok"


def test_who_is_let_in_no_more_loses_the_transport() -> None:
    open_to = [True]

    def before(_self: Any, *_args: Any, **_kwargs: Any) -> None:
        if not open_to[0]:
            tg.abort(403)

    client = SocketIOTestClient(make_app(test=Guarded, _before=before))
    socket = client.namespace("/test")
    client._server.check_identities()
    assert not socket._client.connection.closed
    open_to[0] = False
    client._server.check_identities()
    assert socket._client.connection.closed
