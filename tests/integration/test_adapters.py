"""Who hears what: channels, adapters, the declared index, and adapters that misbehave."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.clients import Rejected, numbers
from tests.integration.conftest import Connect
from tests.integration.site import Site
from tests.support.servers import RealtimeServer

Publish = Callable[..., int]


def test_two_tabs_and_two_users_get_a_copy_each(
    connect: Connect, publish: Publish, topic: str
) -> None:
    clients = [connect("demo"), connect("demo"), connect("other")]
    for client in clients:
        client.call("follow", "Topic", topic)
    publish(topic=topic, n=1)
    for client in clients:
        assert client.wait_for("batch") == [[[{"topic": topic, "n": 1}]]]


def test_two_jobs_of_one_client_have_a_mailbox_each(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo")
    client.call("follow", "Topic", topic)
    client.call("follow", "Topic", topic)
    publish(topic=topic, n=1)
    assert client.wait_for("batch", 2) == [[[{"topic": topic, "n": 1}]]] * 2


@pytest.mark.parametrize("adapter", ["Topic", "Indexed"])
def test_a_listener_hears_only_what_its_arguments_choose(
    connect: Connect, publish: Publish, topic: str, adapter: str
) -> None:
    client = connect("demo")
    client.call("follow", adapter, topic)
    publish(topic=f"{topic} of another", n=1)
    publish("another channel", topic=topic, n=2)
    publish(topic=topic, n=3)
    assert client.wait_for("batch") == [[[{"topic": topic, "n": 3}]]]


def test_get_of_an_indexed_adapter_still_chooses_among_its_messages(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo")
    client.call("follow", "Indexed", topic, 10)
    publish(topic=topic, n=1)
    publish(topic=topic, n=10)
    assert client.wait_for("batch") == [[[{"topic": topic, "n": 10}]]]


def test_an_indexed_adapter_is_asked_about_nobody_else(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo")
    idle = [f"{topic}-idle-{number}" for number in range(5)]
    for name in [topic, *idle]:
        client.call("follow", "Indexed", name)
    publish(topic=topic, n=1)
    client.wait_for("batch")
    asked = client.call("asked")
    assert asked[topic] == 1
    assert not set(idle) & set(asked)


def test_an_adapter_without_methods_gets_every_message_whole(
    connect: Connect, site: Site, publish: Publish, topic: str
) -> None:
    client = connect("demo")
    client.call("follow", "Whole")
    number = publish(topic=topic)
    site.user("demo").publish(["notify", "test", {"topic": topic, "by": "demo"}])

    def mine() -> list[dict[str, object]] | None:
        messages = [m for (batch,) in client.events("batch") for m in batch]
        messages = [m for m in messages if m["values"].get("topic") == topic]
        return messages if len(messages) == 2 else None

    first, second = client.wait_until(mine, "two messages")
    assert set(first) == {"id", "channel", "uid", "date", "values"}
    assert (first["id"], first["channel"], first["uid"]) == (number, "test", None)
    assert first["values"] == {"topic": topic}
    assert first["date"].endswith("+00:00") and "T" in first["date"]
    assert second["uid"] == site.user("demo").uid()
    assert second["id"] > first["id"]


@pytest.mark.parametrize("adapter, complaint", [
    ("RaisingGet", r"adapter \S*RaisingGet failed in get\(\)"),
    ("ForeignGet", r"adapter \S*ForeignGet returned what it was not given"),
    ("ChangingGet", r"adapter \S*ChangingGet failed in get\(\)"),
])  # fmt: skip
def test_an_adapter_that_chooses_badly_is_named_and_hurts_no_other(
    connect: Connect, server: RealtimeServer, publish: Publish, topic: str, adapter: str,
    complaint: str,
) -> None:
    bad, good = connect("demo"), connect("other")
    bad.call("follow", adapter, topic)
    bad.call("follow", "Indexed", topic)
    good.call("follow", "Topic", topic)
    publish(topic=topic, n=1)
    assert good.wait_for("batch") == [[[{"topic": topic, "n": 1}]]]
    assert bad.wait_for("batch") == [[[{"topic": topic, "n": 1}]]], "its own other listener"
    server.child.wait_for_line(complaint)


def test_an_adapter_that_raises_in_format_leaves_out_only_that_message(
    connect: Connect, server: RealtimeServer, publish: Publish, topic: str
) -> None:
    bad, good = connect("demo"), connect("other")
    bad.call("follow", "RaisingFormat", topic)
    good.call("follow", "Topic", topic)
    for n, wrong in enumerate([False, True, False]):
        publish(topic=topic, n=n, bad=wrong)
    good.wait_until(lambda: numbers(good, "batch") == [0, 1, 2], "three messages")
    bad.wait_until(lambda: numbers(bad, "batch") == [0, 2], "the two good messages")
    server.child.wait_for_line(r"adapter \S*RaisingFormat failed in format\(\)")


def test_an_adapter_that_formats_into_what_cannot_travel_hurts_no_other(
    connect: Connect, server: RealtimeServer, publish: Publish, topic: str
) -> None:
    bad, good = connect("demo"), connect("other")
    bad.call("follow", "ObjectFormat", topic)
    good.call("follow", "Topic", topic)
    publish(topic=topic, n=1, bad=True)
    good.wait_until(lambda: numbers(good, "batch") == [1], "the message")
    server.child.wait_for_line(r"NotEncodable: .*object: object cannot travel as JSON")
    assert bad.call("count") == 1


def test_listen_without_adapter_says_so(connect: Connect, server: RealtimeServer) -> None:
    client = connect("demo", "/other")
    with pytest.raises(Rejected):
        client.call("listen", "x")
    server.child.wait_for_line(r"listen\(\) needs an adapter")


def test_there_is_one_listen_connection_per_database(
    connect: Connect, sql: Callable[..., list[tuple[int]]], topic: str, db: str
) -> None:
    for number in range(5):
        client = connect("demo")
        for adapter in ("Topic", "Indexed"):
            client.call("follow", adapter, f"{topic}-{number}")
        connect("demo", "/longpolling")
    listening = sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        " AND application_name = 'oe.web.socketio listen'", [db],
    )
    assert listening == [(1,)]
    executed = sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN %%'", [db]
    )
    assert executed == [(1,)]
