"""The listener against a PostgreSQL that is slow, deaf, away or hostile whenever a test says so."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from pgsocketio.log import reader as log_reader
from pgsocketio.position import Since
from pgsocketio.testing import ThreadRuntime

from .fake_postgres import sealed
from .listener_site import Site
from .listeners import All, Collector
from .test_wire import FOREIGN


@pytest.fixture
def site(runtime: ThreadRuntime) -> Site:
    """One that is live."""
    made = Site(runtime)
    runtime.settle()
    assert made.listener.ready
    return made


# -- while all is well ---------------------------------------------------------------------------


def test_content_arrives_at_once_and_once(site: Site) -> None:
    site.postgres.publish(1, 2)
    assert site.take() == [1, 2]
    reads = site.postgres.reads
    site.runtime.advance(0.9)
    assert site.postgres.reads == reads
    site.runtime.advance(0.2)
    assert site.postgres.reads == reads + 1  # so that positions move
    site.runtime.advance(60)
    assert site.take() == []


def test_what_was_heard_is_not_read_again_but_for_who_comes_back(site: Site) -> None:
    since = Since(site.database.position())
    site.postgres.publish(1, 2)
    site.postgres.publish(3, inline=False)
    assert site.take() == [1, 2, 3]
    assert site.listener.follower.rows_read == 1
    back = Collector()
    site.database.hub.subscribe(back, All, since=since)
    site.listener.wake()
    site.runtime.settle()
    assert back.take() == [1, 2, 3]
    assert site.take() == []


def test_a_hint_makes_it_read(site: Site) -> None:
    site.postgres.publish(1, 2, inline=False)
    assert site.take() == [1, 2]


def test_many_hints_cost_one_read(site: Site) -> None:
    reads = site.postgres.reads
    for number in range(50):
        site.postgres.publish(number, inline=False)
    assert site.take() == list(range(50))
    assert site.postgres.reads == reads + 1


def test_what_nobody_notified_is_found_by_the_poll(site: Site) -> None:
    transaction = site.database.transaction()
    transaction.publish("chat", n=1)
    transaction.commit(inline=False)
    assert site.take() == []
    site.runtime.advance(5)
    assert site.take() == [1]


def test_content_and_hints_of_one_transaction_keep_their_order(site: Site) -> None:
    transaction = site.database.transaction()
    messages = [transaction.publish("chat", n=number) for number in range(6)]
    transaction.commit(inline=False)
    for message in messages:
        site.postgres.notify(sealed(message) if message["values"]["n"] % 2 else "1:")
    assert site.take() == list(range(6))


def test_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "PAGE", 3)
    site.postgres.publish(*range(10), inline=False)
    assert site.take() == list(range(10))
    assert site.listener.follower.rows_read == 10


@pytest.fixture
def long_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Have something happen in the middle of a read, once, and be heard there."""

    def interrupt(act: Callable[[], Any]) -> None:
        def before_page() -> None:
            site.postgres.before_page = lambda: None
            act()
            site.runtime.sleep(0.1)

        site.postgres.before_page = before_page

    monkeypatch.setattr(log_reader, "PAGE", 2)
    return interrupt


def test_contents_go_out_while_the_next_page_of_a_read_is_awaited(
    site: Site, long_read: Callable[[Callable[[], Any]], None]
) -> None:
    late = Collector()
    since = Since(site.database.position())
    site.postgres.publish(-1, inline=False)
    assert site.take() == [-1]
    long_read(lambda: site.postgres.publish(99))
    site.postgres.publish(*range(6), inline=False)
    site.database.hub.subscribe(late, All, since=since)
    site.runtime.advance(0.2)
    assert site.take() == [0, 1, 2, 3, 4, 5, 99]
    assert late.take() == [-1, 0, 1, 2, 3, 4, 5, 99]
    site.runtime.advance(20)
    assert site.take() == late.take() == []


def test_messages_of_one_publisher_after_the_other_keep_their_order(
    site: Site, long_read: Callable[[Callable[[], Any]], None]
) -> None:
    """What is heard during a read does not overtake what that brings."""
    long_read(lambda: site.postgres.publish(8))
    site.postgres.publish(*range(3), inline=False)
    for number in (3, 4):
        site.postgres.publish(number)
    site.runtime.advance(0.2)
    assert site.take() == [0, 1, 2, 3, 4, 8]


def test_hints_between_the_pages_are_read_later(
    site: Site, long_read: Callable[[Callable[[], Any]], None]
) -> None:
    reads = site.postgres.reads
    long_read(lambda: (site.postgres.publish(98, inline=False), site.postgres.publish(99)))
    site.postgres.publish(*range(4), inline=False)
    site.runtime.advance(0.2)
    assert site.take() == [0, 1, 2, 3, 98, 99]
    assert site.postgres.reads == reads + 2


def test_reads_that_catch_up_rest_in_between(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that live messages get half of the time at least; the first waits for nobody."""
    monkeypatch.setattr(log_reader, "PAGE", 2)
    since = Since(site.database.position())
    site.postgres.publish(0, 1, 2, inline=False)
    site.take()
    site.postgres.before_page = lambda: site.runtime.sleep(0.5)
    first, second = Collector(), Collector()
    site.database.hub.subscribe(first, All, since=since)
    site.listener.wake()
    site.runtime.advance(0.6)
    assert first.take() == [0, 1, 2]
    site.database.hub.subscribe(second, All, since=since)
    site.listener.wake()
    site.runtime.advance(0.2)
    assert second.take() == []
    site.runtime.advance(1.0)
    assert second.take() == [0, 1, 2]


def test_an_idle_listener_hears_its_own_heart(site: Site) -> None:
    site.runtime.advance(600)
    assert site.lives == 1
    assert len(site.postgres.listening) == 1


def test_waking_and_waiting_for_a_read(site: Site) -> None:
    reads = site.postgres.reads
    assert site.listener.follower.wait_for_read(1)
    assert site.postgres.reads == reads + 1
    site.postgres.up = False
    assert not site.listener.follower.wait_for_read(3)


def test_stopping(site: Site) -> None:
    ears = list(site.postgres.listening)
    site.listener.stop()
    site.runtime.advance(60)
    assert all(ear.closed for ear in ears)
    assert site.postgres.attempts == 2


# -- what others put on the channel --------------------------------------------------------------


@pytest.mark.parametrize("payload", FOREIGN, ids=lambda payload: ascii(payload)[:40])
def test_foreign_payloads_are_hints_at_most(site: Site, payload: str) -> None:
    reads = site.postgres.reads
    site.postgres.notify(payload)
    site.postgres.publish(1)
    assert site.take() == [1]
    assert site.postgres.reads <= reads + 1
    assert site.lives == 1


def test_a_payload_sent_again_is_not_delivered_again(site: Site) -> None:
    transaction = site.database.transaction()
    message = transaction.publish("chat", n=1)
    transaction.commit(inline=False)
    volatile = site.database.message("chat", {"n": 2}, None)
    for _ in range(3):
        site.postgres.notify(sealed(message))
        site.postgres.notify(sealed(volatile))
    assert site.take() == [1, 2]


def test_a_backlog_that_is_full_is_read_instead_in_order(runtime: ThreadRuntime) -> None:
    site = Site(runtime, max_backlog=10)
    runtime.settle()
    site.postgres.publish(*range(34))
    assert site.take() == list(range(34))


# -- when it breaks ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["cut", "deaf"])
def test_a_connection_that_is_lost_or_half_open_is_replaced_within_a_bound(
    site: Site, fault: str
) -> None:
    site.runtime.advance(100)
    site.ear.cut() if fault == "cut" else setattr(site.ear, "deaf", True)
    site.postgres.publish(1)
    site.postgres.publish(2)
    site.runtime.advance(17 if fault == "deaf" else 1)
    assert site.lives == 2
    site.postgres.publish(3)
    assert site.take() == [1, 2, 3]


def test_another_heart_proves_nothing(site: Site) -> None:
    ear = site.ear
    ear.deaf = True
    for _ in range(17):
        ear.hear("beat:other")
        site.runtime.advance(1)
    assert site.lives == 2


def test_postgresql_away(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.postgres.up = False
    site.ear.cut()
    site.runtime.advance(600)
    assert not site.listener.ready
    assert 120 <= site.postgres.attempts - 2 <= 260  # 5 s at most between two, with jitter
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 2  # the loss, then the refusal; each is said once
    assert "database 'mydb': connection refused; trying again" in errors[1]
    assert site.listener.error == "connection refused"
    for number in (1, 2):
        transaction = site.database.transaction()
        transaction.publish("chat", n=number)
        transaction.commit(inline=False)
    site.postgres.up = True
    site.runtime.advance(31)
    assert site.listener.ready
    assert site.listener.error is None
    assert site.lives == 2
    assert site.take() == [1, 2]


def test_a_read_that_breaks_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "PAGE", 2)
    site.postgres.break_after = 2
    site.postgres.publish(*range(7), inline=False)
    site.runtime.advance(2)
    assert site.lives == 2
    site.postgres.publish(7)
    assert site.take() == list(range(8))


def test_an_error_of_its_own_is_said_and_ends_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(site.database.hub, "deliver_inline", lambda _messages: 1 / 0)
        site.postgres.publish(1)
        site.runtime.settle()
        assert not site.listener.ready
        assert "ZeroDivisionError" in str(site.listener.error)
        assert "please report" in caplog.text
    site.runtime.advance(5)
    assert site.listener.ready
    assert site.take() == [1]


@pytest.mark.parametrize(("version", "said"), [(0, "is not installed"), (4, "-u web_socketio")])
def test_objects_that_are_missing_or_too_new(
    runtime: ThreadRuntime, caplog: pytest.LogCaptureFixture, version: int, said: str
) -> None:
    site = Site(runtime)
    site.postgres.version = version
    runtime.advance(60)
    assert not site.listener.ready
    assert said in caplog.text
    assert len(caplog.records) == 1
    site.postgres.version = 2  # one newer works
    runtime.advance(31)
    assert site.listener.ready


def test_another_log_is_noticed(site: Site) -> None:
    site.postgres.epoch = "b" * 16
    site.ear.cut()
    site.runtime.advance(2)
    assert site.foreign == 1
    assert site.listener.follower.epoch == "b" * 16
    assert site.take() == []
    site.postgres.publish(1)
    assert site.take() == [1]


def test_a_log_trimmed_behind_its_back_is_said(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.postgres.up = False
    site.ear.cut()
    site.runtime.advance(5)
    site.postgres.trimmed = site.database.transaction().xid
    site.postgres.up = True
    site.runtime.advance(31)
    assert site.foreign == 1
    assert "were trimmed that nobody read here" in caplog.text
    site.postgres.publish(1)
    assert site.take() == [1]


def test_a_queue_of_notify_that_fills_ends_listen_but_not_delivery(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.postgres.queue = 0.6
    site.runtime.advance(6)
    heard, listener = len(site.postgres.listening), site.listener
    assert (listener.ready, listener.listening) == (True, False)
    assert "queue of NOTIFY is 60% full" in str(listener.error)
    assert site.ear.closed
    site.postgres.publish(1)
    site.runtime.advance(2)
    assert site.take() == [1]
    site.postgres.queue = 0.3  # no LISTEN before there is room again
    site.runtime.advance(60)
    assert (len(site.postgres.listening), listener.listening) == (heard, False)
    site.postgres.queue = 0.1
    site.runtime.advance(3)
    assert (listener.ready, listener.listening, listener.error) == (True, True, None)
    site.postgres.publish(2)
    assert site.take() == [2]
    assert caplog.text.count("queue of NOTIFY is 60% full") == 1


# -- what is measured ----------------------------------------------------------------------------


def test_listening_is_proven_by_its_own_heartbeat_only(runtime: ThreadRuntime) -> None:
    site = Site(runtime)
    site.runtime.settle()
    assert site.listener.proven
    site.ear.deaf = True
    site.postgres.up = False
    site.runtime.advance(20)
    assert not site.listener.proven


def test_delivery_is_measured_once_per_message_by_the_clock_of_postgresql(site: Site) -> None:
    second = Collector()
    site.database.hub.subscribe(second, All)
    before = sum(site.listener.follower.latency.counts)
    site.postgres.publish(1, 2)
    site.postgres.publish(3, inline=False)
    assert site.take() == [1, 2, 3]
    site.runtime.advance(60)
    assert sum(site.listener.follower.latency.counts) == before + 3
