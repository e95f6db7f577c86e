"""The example's tests: no server, no browser, no broker."""

import pytest
from chat import make_app
from tgext.socketio.testing import SocketIOTestClient


@pytest.fixture
def client():
    return SocketIOTestClient(make_app({}, **{"anypubsub.backend": "memory"}))


@pytest.fixture
def ann(client):
    return client.namespace("/chat")


@pytest.fixture
def bob(client):
    return client.namespace("/chat")


def publications(reply):
    return [args for name, *args in reply.events if name == "pubblication"]


def test_a_message_reaches_everyone_in_the_room(ann, bob):
    ((_name, uid),) = ann.emit("subscribe", "room", "1").events
    bob.emit("subscribe", "room", "1")
    message = {"uid": uid, "message": "hello"}
    assert publications(ann.emit("user_message", "hello")) == [[message]]
    assert publications(bob.received()) == [[message]]


def test_other_rooms_hear_nothing(ann, bob):
    ann.emit("subscribe", "room", "1")
    bob.emit("subscribe", "room", "2")
    ann.emit("user_message", "hello")
    assert bob.received().events == []


def test_a_channel_has_to_be_named(ann):
    assert [error for error, _info in ann.emit("subscribe").errors] == ["channel_not_specified"]
