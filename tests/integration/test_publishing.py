"""Publishing from ORM code in Odoo's HTTP worker, from handlers and from SQL."""

from __future__ import annotations

import re
import select
import xmlrpc.client
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from pgsocketio.log.reader import LogReader
from tests.integration.clients import Client, numbers
from tests.integration.conftest import QUICK, Connect, Gate
from tests.integration.site import RemoteError, Site
from tests.support.servers import RealtimeServer
from tools.postgres import Postgres

Publish = Callable[..., int]
MODEL = "web.socketio"


class Channel:
    """Steps of a transaction that publish to one topic, and a client that follows it."""

    def __init__(self, client: Client, topic: str) -> None:
        self.client, self.topic = client, topic
        client.call("follow", "Topic", topic)

    def step(self, verb: str, n: int, **values: Any) -> list[Any]:
        """A publishing step: ``notify``, ``volatile`` or ``sql``."""
        return [verb, "test", {"topic": self.topic, "n": n, **values}]

    def hear(self, *expected: int) -> None:
        """Wait until exactly these numbers came, in this order; 99 marks the end."""
        self.client.wait_until(lambda: 99 in numbers(self.client, "batch"), "the last message")
        assert numbers(self.client, "batch") == [*expected, 99]


@pytest.fixture
def channel(connect: Connect, topic: str) -> Channel:
    """What one test publishes and hears."""
    return Channel(connect("demo"), topic)


def test_messages_are_delivered_after_commit_and_not_before(site: Site, channel: Channel) -> None:
    user = site.user("demo")
    user.publish(channel.step("notify", 1), ["commit"], channel.step("notify", 2))
    with pytest.raises(RemoteError):
        user.publish(channel.step("notify", 3), channel.step("volatile", 4), ["fail"])
    user.publish(channel.step("notify", 5), ["rollback"], channel.step("notify", 6))
    user.publish(channel.step("notify", 99))
    channel.hear(1, 2, 6)


def test_an_open_transaction_says_nothing(
    site: Site, channel: Channel, connect: Connect, gate: Callable[..., Gate]
) -> None:
    """Told by a handler whose transaction stays open until after another message came."""
    publisher = connect("other")
    with gate() as closed:
        steps = [channel.step("notify", 99), ["pass_gate", closed.key]]
        held = publisher.start_call("publish", steps)
        assert closed.somebody_waits()
        site.user("demo").publish(channel.step("notify", 1))
        assert publisher.reports("answer", call=held) == []
    publisher.answer(held)
    channel.hear(1)


@pytest.mark.parametrize("verb", ["notify", "volatile", "sql"])
def test_a_rolled_back_savepoint_takes_its_messages_along(
    site: Site, channel: Channel, verb: str
) -> None:
    site.user("demo").publish(
        channel.step("notify", 1),
        ["rolled_back", [channel.step(verb, 2), ["savepoint", [channel.step(verb, 3)]]]],
        ["savepoint", [channel.step("notify", 4), ["rolled_back", [channel.step(verb, 5)]]]],
        channel.step("notify", 99),
    )
    channel.hear(1, 4)


@pytest.mark.parametrize("verbs", [
    ["notify"], ["sql"], ["notify", "sql"], ["sql", "notify"], ["notify", "sql", "volatile"],
], ids=" ".join)  # fmt: skip
def test_messages_of_a_transaction_keep_their_order(
    site: Site, channel: Channel, verbs: list[str]
) -> None:
    """Also where ORM and SQL publish in turn; volatile ones come after the durable ones."""
    steps = [channel.step(verbs[n % len(verbs)], n) for n in range(12)]
    site.user("demo").publish(*steps, channel.step("notify", 98))
    site.user("demo").publish(channel.step("notify", 99))
    channel.client.wait_until(lambda: 99 in numbers(channel.client, "batch"), "the last message")
    heard = numbers(channel.client, "batch")
    durable = [n for n in range(12) if verbs[n % len(verbs)] != "volatile"]
    volatile = [n for n in range(12) if verbs[n % len(verbs)] == "volatile"]
    assert [n for n in heard if n not in volatile] == [*durable, 98, 99]
    assert [n for n in heard if n in volatile] == volatile


def test_a_transaction_of_more_messages_than_are_notified_one_by_one(
    site: Site, channel: Channel
) -> None:
    """Beyond 100 the NOTIFY after COMMIT says that there is more; the log has it."""
    many = range(100, 350)
    site.user("demo").publish(*(channel.step("notify", n) for n in many))
    site.user("demo").publish(channel.step("notify", 99))
    channel.hear(*many)


def test_a_volatile_message_does_not_overtake_a_durable_one_of_its_transaction(
    site: Site, channel: Channel
) -> None:
    site.user("demo").publish(
        channel.step("notify", 1, text="x" * 9_000), channel.step("volatile", 2),
        channel.step("notify", 3), channel.step("volatile", 99),
    )
    channel.client.wait_until(lambda: 99 in numbers(channel.client, "batch"), "the last message")
    heard = numbers(channel.client, "batch")
    assert heard.index(1) < heard.index(2)
    assert heard.index(3) < heard.index(99)


def test_messages_of_every_size_arrive(site: Site, channel: Channel) -> None:
    """Around what NOTIFY carries (7,999 bytes, with all that stands around the text) and up to
    1 MiB; in characters of one and of three bytes."""
    sizes = [0, 7_000, *range(7_600, 8_010, 5), 100_000, 1_048_400]
    for verb in ("notify", "sql"):
        for n, size in enumerate(sizes):
            letter = "a" if n % 2 else "€"
            step = channel.step(verb, n, text=letter * (size // len(letter.encode())))
            site.user("demo").publish(step)
    site.user("demo").publish(channel.step("notify", 99))
    channel.hear(*range(len(sizes)), *range(len(sizes)))
    for batch in channel.client.events("batch"):
        for message in batch[0]:
            assert set(message.get("text", "")) <= {"a", "€"}


def test_a_message_of_more_than_a_mebibyte_is_refused_with_advice(
    site: Site, channel: Channel
) -> None:
    for verb in ("notify", "sql"):
        with pytest.raises(RemoteError, match="1048576|1 MiB"):
            site.user("demo").publish(channel.step(verb, 1, text="x" * 1_300_000))
    with pytest.raises(RemoteError, match="volatile message takes .* bytes"):
        site.user("demo").publish(channel.step("volatile", 2, text="x" * 8_000))
    site.user("demo").publish(channel.step("notify", 99))
    channel.hear()


def test_a_message_that_cannot_travel_names_the_key(site: Site, channel: Channel) -> None:
    with pytest.raises(RemoteError, match="deep.text: PostgreSQL's jsonb has no NUL"):
        site.user("demo").publish(channel.step("notify", 1, deep={"text": "a\0b"}))


def test_notify_returns_the_id_and_a_volatile_one_none(site: Site, topic: str) -> None:
    first, second = (site.user("demo").publish(["notify", topic, {}]) for _ in range(2))
    assert first < second
    assert site.user("demo").publish(["volatile", topic, {}]) is None


def test_a_record_is_there_when_its_message_arrives(
    site: Site, channel: Channel, topic: str
) -> None:
    domain = [("name", "=", topic)]
    for n in range(1, 6):
        site.user("demo").publish(["create", topic], channel.step("notify", n))
        channel.client.wait_until(lambda n=n: n in numbers(channel.client, "batch"), "the message")
        found = channel.client.call("model", "test.realtime.item", "search_count", [domain])
        assert found == n


def test_notify_that_fails_breaks_no_commit(
    connect: Connect, site: Site, start: Callable[..., RealtimeServer], sql: Callable[..., Any],
    new_db: Callable[[], str], topic: str,
) -> None:
    """The function that notifies after COMMIT fails: the log's poll delivers all the same."""
    db = new_db()
    client = connect(site.user("demo", db), server=start(db, *QUICK))
    client.call("follow", "Topic", topic)
    sql(
        "CREATE OR REPLACE FUNCTION web_socketio_wake(transaction xid8) RETURNS integer"
        " LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$", db=db,
    )
    created = site.user("demo", db).publish(
        ["notify", "test", {"topic": topic, "n": 1}], ["create", topic]
    )
    assert sql("SELECT name FROM test_realtime_item WHERE id = %s", [created], db=db) == [(topic,)]
    client.wait_for("batch")
    assert numbers(client, "batch") == [1]
    site.child.wait_for_line(rf"NOTIFY after COMMIT failed for database '{db}'")


def test_of_what_servers_poll_nobody_is_notified_and_of_all_else_as_ever(
    site: Site, new_db: Callable[[], str], postgres: Postgres, topic: str
) -> None:
    db = new_db()
    connection = psycopg2.connect(postgres.dsn(db))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("LISTEN heard")
        cursor.execute("LISTEN web_socketio")
    LogReader(connection).promise("heard", 3_600)
    steps = [["notify", "test", {"n": 1}], ["volatile", "test", {"n": 2}]]
    site.user("demo", db).publish(["notify", "test", {"n": 0}])
    site.user("demo", db).publish(*steps)
    heard: list[str] = []
    while len(heard) < 3:
        assert select.select([connection], [], [], 30)[0], heard
        connection.poll()
        heard += [notification.payload for notification in connection.notifies]
        connection.notifies.clear()
    connection.close()
    assert [re.findall(r'"n" ?: ?(\d)', payload) for payload in heard] == [[], ["1"], ["2"]]


def test_sql_may_publish_and_an_open_savepoint_counts_there_too(
    channel: Channel, postgres: Postgres, db: str
) -> None:
    with psycopg2.connect(postgres.dsn(db)) as connection, connection.cursor() as cursor:
        notify = "SELECT web_socketio_notify('test', jsonb_build_object('topic', %s, 'n', %s))"
        cursor.execute(notify, [channel.topic, 1])
        cursor.execute("SAVEPOINT s")
        cursor.execute(notify, [channel.topic, 2])
        cursor.execute("ROLLBACK TO SAVEPOINT s")
        cursor.execute(notify, [channel.topic, 99])
    connection.close()
    channel.hear(1)


def test_notify_of_any_role_is_no_content(
    channel: Channel, sql: Callable[..., Any], publish: Publish
) -> None:
    """NOTIFY has no access control: what is not signed is at most a hint."""
    forged = '{"i": null, "x": null, "c": "test", "u": 1, "d": "", "p": {"topic": "%s", "n": 666}}'
    for payload in (forged, f"1:{'0' * 64}:{forged}", "1:", "nonsense", "2:x", "beat:nobody"):
        sql("SELECT pg_notify('web_socketio', %s)", [payload.replace("%s", channel.topic)])
    publish(topic=channel.topic, n=99)
    channel.hear()


# -- rights --------------------------------------------------------------------------------------

METHODS = ["notify", "notify_volatile", "_publish", "position", "session_info", "server_info",
           "init", "_wake_after_commit", "_trim", "_servers", "_configure"]  # fmt: skip


def test_the_methods_of_the_model_are_all_known_here(site: Site) -> None:
    """So that none is added without deciding who may call it."""
    assert sorted(site.user("admin").publish(["methods"])) == sorted(METHODS)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("login", ["demo", "portal", "admin"])
def test_nobody_may_call_the_model_from_outside(site: Site, login: str, method: str) -> None:
    with pytest.raises(RemoteError) as refused:
        site.user(login).call(MODEL, method, "test")
    assert refused.value.name == "odoo.exceptions.AccessError"
    with pytest.raises(xmlrpc.client.Fault) as fault:
        site.xmlrpc(site.db, login, MODEL, method, "test")
    assert fault.value.faultCode == 4, "Odoo's code for AccessError"


def test_the_public_user_may_not_call_it(site: Site) -> None:
    """Without a session there is no remote call at all; the user is refused like any other."""
    assert site.user("admin").publish(["as_public", "notify"]) == "AccessError"
