"""listen, validate, secure_emit and notify: messages stay until they are done with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.clients import Client, numbers
from tests.integration.conftest import Connect
from tests.support.servers import RealtimeServer

Publish = Callable[..., int]


def test_listen_in_a_handler_waits_for_the_next_messages(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo")
    waiting = client.start_call("listen", topic)
    eventually_listening(client, publish, topic)
    assert client.answer(waiting)[0][0]["topic"] == topic


def test_listen_takes_the_adapter_as_first_argument_or_by_name(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo")
    client.call("follow", "Indexed", topic)  # hands the class to listen() as first argument
    keyword = connect("demo")
    waiting = keyword.start_call("listen keyword", "Indexed", topic)
    eventually_listening(keyword, publish, topic)
    assert keyword.answer(waiting)[0][0]["topic"] == topic
    assert client.wait_for("batch")[0][0][0]["topic"] == topic


def eventually_listening(client: Client, publish: Publish, topic: str) -> None:
    """Publish until a handler that listens has heard of it: nothing tells when it began."""
    for n in range(50):
        publish(topic=topic, n=n)
        try:
            client.wait_for_report("answer", timeout=0.2)
        except AssertionError:
            continue
        return


def test_listen_with_a_timeout_returns_nothing_when_time_is_over(
    connect: Connect, topic: str
) -> None:
    assert connect("demo").call("listen briefly", topic) == []


def test_messages_come_in_the_order_of_their_transaction_and_none_is_lost(
    connect: Connect, sql: Callable[..., Any], topic: str
) -> None:
    client = connect("demo")
    client.call("follow", "Topic", topic)
    for first in range(0, 500, 100):
        sql(
            "SELECT web_socketio_notify('test', jsonb_build_object('topic', %s, 'n', n))"
            " FROM generate_series(%s, %s) AS n", [topic, first, first + 99],
        )
    client.wait_until(lambda: len(numbers(client, "batch")) >= 500, "500 messages")
    assert numbers(client, "batch") == list(range(500))


def test_validate_false_puts_the_messages_back_in_order(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo")
    client.call("follow unsure", topic)
    publish(topic=topic, n=1)
    client.wait_for("first")
    publish(topic=topic, n=2)
    client.wait_until(lambda: numbers(client, "again") == [1, 2], "the messages again")
    assert client.events("again")[0] == client.events("first")[0]


@pytest.mark.parametrize("v", [None, 1], ids=["plain", "v1"])
def test_secure_emit_is_done_when_the_client_acknowledged(
    connect: Connect, publish: Publish, topic: str, v: int | None
) -> None:
    client = connect("demo", v=v)
    client.call("follow safely", topic)
    client.acknowledge(False)
    publish(topic=topic, n=1)
    client.wait_for("safe")
    assert client.reports("event", name="safe")[0]["wanted"], "it asks for an acknowledgement"
    publish(topic=topic, n=2)
    assert client.events("secured") == [], "it waits"
    client.acknowledge(True)
    client.wait_until(lambda: numbers(client, "safe") == [1, 2], "the second message")
    client.wait_for("secured", 2)
    assert [args[0] for args in client.events("secured")] == [True, True]


def test_secure_emit_without_acknowledgement_comes_again(
    connect: Connect, impatient: RealtimeServer, publish: Publish, topic: str
) -> None:
    client = connect("demo", server=impatient)
    client.call("follow safely", topic)
    client.acknowledge(False)
    publish(topic=topic, n=1)
    publish(topic=topic, n=2)
    assert client.wait_for("secured")[0] == [False], "after --ack-timeout"
    client.acknowledge(True)
    client.wait_until(lambda: [True] in client.events("secured"), "an acknowledgement")
    client.wait_until(lambda: numbers(client, "safe")[-1] == 2, "the second message")
    assert numbers(client, "safe").count(1) >= 2, "the first came again"


def test_whatever_is_emitted_between_two_listens_belongs_to_the_batch(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo", v=1)
    client.call("follow in pieces", topic)
    first = publish(topic=topic, n=1)
    client.wait_for("piece", 2)
    second = publish(topic=topic, n=2)
    (count, about_all), (message, about_one), *_others = client.events("piece")
    assert (count, message) == (1, {"topic": topic, "n": 1})
    assert about_all["ids"] == about_one["ids"] == [first], "validate() changes nothing"
    assert about_all["s"] != about_one["s"], "two events of one batch are no duplicates"
    _count, later = client.wait_for("piece", 4)[2:]
    assert later[1]["ids"] == [second]


def test_what_stems_from_no_message_has_an_empty_envelope(connect: Connect) -> None:
    client = connect("demo", v=1)
    client.call("say error")
    assert client.events("error") == [["my_error", "it went wrong", None]]


def test_notify_of_a_namespace_reaches_others_and_itself(
    connect: Connect, topic: str
) -> None:
    sender, receiver = connect("demo"), connect("other")
    for client in (sender, receiver):
        client.call("follow", "Topic", topic)
    sender.call("notify", {"topic": topic, "n": 1})
    for client in (sender, receiver):
        assert client.wait_for("batch") == [[[{"topic": topic, "n": 1}]]]


def test_a_batch_that_was_not_acknowledged_comes_after_a_reconnect(
    connect: Connect, publish: Publish, topic: str
) -> None:
    client = connect("demo", "/longpolling", v=1)
    client.acknowledge(False)
    uid = client.wait_for("greeting")[0][0]
    position = client.wait_for("web_socketio:position")[-1][0]["p"]
    number = publish(topic=f"uid-{uid}", n=1)
    assert client.wait_for("own topic")[0][1]["ids"] == [number]
    client.disconnect()
    client.gone()
    client.acknowledge(True)
    client.connect_again({**client.auth, "position": position})
    client.connected(2)
    assert client.wait_for("own topic", 2)[1][1]["ids"] == [number]
    assert client.wait_for("web_socketio:ready", 2)[1][0] == {"recovered": True}
