"""Nothing passes from one namespace to another, nor to a socket that is not let in yet."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.conftest import Connect
from tests.integration.site import Site


def test_rooms_and_broadcasts_stay_within_a_namespace(connect: Connect, topic: str) -> None:
    here, neighbour = connect("demo"), connect("other")
    there = connect("demo", "/portal")
    same_connection = connect(None, "/portal", share=here)
    for client in (here, neighbour, there, same_connection):
        client.call("join", topic)
    here.call("to room", topic, 1)
    here.call("to all", topic)
    neighbour.wait_for("room")
    neighbour.wait_for("all")
    there.call("to all", "my own")
    for client in (there, same_connection):
        assert client.wait_for("all") == [["my own"]]
        assert client.events("room") == []
    assert ["my own"] not in [*here.events("all"), *neighbour.events("all")]


def test_a_visitor_hears_nothing_of_the_users_namespaces(
    connect: Connect, publish: Callable[..., int], topic: str
) -> None:
    user, visitor = connect("demo"), connect(None, "/public")
    visitor.call("join", topic)
    user.call("join", topic)
    user.call("follow", "Topic", topic)
    user.call("to all", topic)
    publish(topic=topic, n=1)
    user.wait_for("batch")
    user.wait_for("all")
    visitor.call("whoami")  # what was sent before has arrived by now
    assert visitor.told == []


def test_a_socket_that_is_still_connecting_hears_nothing(
    connect: Connect, publish: Callable[..., int], site: Site, topic: str
) -> None:
    """It gets what is sent from the moment on in which it is let in, and nothing before."""
    known, connecting = connect("demo"), connect(None, v=1)
    known.call("follow", "Topic", topic)
    known.call("to all", topic, "before")
    publish(topic=topic, n=1)
    known.wait_for("batch")
    assert connecting.call("session id", site.user("demo").session_id) is True
    connecting.call("follow", "Topic", topic)
    known.call("to all", topic, "after")
    publish(topic=topic, n=2)
    assert connecting.wait_for("all")[0][:2] == [topic, "after"]
    assert [message["n"] for message in connecting.wait_for("batch")[0][0]] == [2]
