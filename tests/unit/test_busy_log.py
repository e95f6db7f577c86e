"""Under load servers poll the log, and who publishes wakes nobody: nothing is late or lost."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import psycopg2
import pytest

from pgsocketio.busy_log import BUSY, CALM, INTERVAL, MARGIN, PROMISE, trusted_until
from pgsocketio.log import reader as log_reader
from pgsocketio.position import Since
from pgsocketio.testing import ThreadRuntime

from .fake_postgres import sealed
from .listener_site import Site
from .listeners import All, Collector

LONG_AGO = float("-inf")


@pytest.fixture
def site(runtime: ThreadRuntime) -> Site:
    """One that is live, and knows that nothing was going on."""
    made = Site(runtime)
    runtime.advance(1)
    return made


def publish(site: Site, rate: float, seconds: float) -> list[int]:
    """Publish evenly, with NOTIFY unless servers promised to poll; returns the numbers."""
    numbers = list(range(int(rate * seconds)))
    for number in numbers:
        site.runtime.sleep(1 / rate)
        site.postgres.commit(number) if promised(site) else site.postgres.publish(number)
    return numbers


def promised(site: Site) -> bool:
    until = site.postgres.polled_until
    return until is not None and site.runtime.monotonic() < until - MARGIN


def poll(site: Site) -> None:
    """What a server promises that found the log busy."""
    site.postgres.promise(PROMISE, "web_socketio")
    site.runtime.settle()


def test_a_busy_log_is_promised_to_be_polled_and_is(site: Site) -> None:
    numbers = publish(site, BUSY * 1.2, 5)
    assert promised(site)
    site.runtime.advance(INTERVAL)
    assert site.take() == numbers
    site.postgres.commit(-1)
    site.runtime.advance(INTERVAL)
    assert site.take() == [-1]


def test_a_log_that_is_less_busy_is_not_polled(site: Site) -> None:
    publish(site, BUSY * 0.9, 5)
    assert site.postgres.polled_until is None


def test_it_is_polled_until_it_is_calm(site: Site) -> None:
    publish(site, BUSY * 1.2, 2)
    publish(site, CALM * 1.2, 5)
    assert promised(site)
    publish(site, CALM * 0.8, PROMISE + 1)
    assert not promised(site)


def test_many_messages_of_few_transactions_are_no_load(site: Site) -> None:
    numbers = itertools.count()
    for _ in range(50):
        site.runtime.sleep(0.05)
        site.postgres.publish(*itertools.islice(numbers, 100))
    assert site.postgres.polled_until is None


def test_each_server_keeps_the_promise_of_another(runtime: ThreadRuntime, site: Site) -> None:
    poll(site)
    site.postgres.commit(1)
    site.runtime.advance(INTERVAL)
    assert site.take() == [1]
    late = Site(runtime)  # one that starts meanwhile
    late.postgres.polled_until = site.postgres.polled_until
    runtime.settle()
    late.postgres.commit(2)
    runtime.advance(INTERVAL)
    assert late.take() == [2]


def test_a_promise_is_kept_to_its_end_and_no_longer(site: Site) -> None:
    poll(site)
    site.runtime.advance(PROMISE - MARGIN - 0.001)
    assert promised(site)
    site.postgres.commit(1)
    site.runtime.advance(MARGIN + 0.001 + INTERVAL)
    assert site.take() == [1]
    reads = site.postgres.reads
    site.runtime.advance(4)
    assert site.postgres.reads == reads


def test_after_its_end_content_arrives_at_once(site: Site) -> None:
    poll(site)
    site.runtime.advance(PROMISE + 1)
    reads = site.postgres.reads
    site.postgres.publish(1)
    assert site.take() == [1]
    assert site.postgres.reads == reads


def test_content_does_not_overtake_what_was_committed_before_without_a_word(site: Site) -> None:
    poll(site)
    site.postgres.commit(1)
    site.postgres.publish(2)
    assert site.take() == []
    site.runtime.advance(INTERVAL)
    assert site.take() == [1, 2]


def test_neither_does_volatile_content_nor_does_it_wait_for_more(site: Site) -> None:
    poll(site)
    site.postgres.commit(1)
    site.postgres.notify(sealed(site.database.message("chat", {"n": 2}, None)))
    site.runtime.advance(INTERVAL)
    assert site.take() == [1, 2]


def test_nor_while_others_are_caught_up_nor_does_anything_wait_for_that(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reader, "PAGE", 2)
    since = Since(site.database.position())
    site.postgres.publish(*range(8))
    site.runtime.advance(2)
    poll(site)
    site.take()
    came: list[list[int]] = []

    def before_page() -> None:
        site.runtime.sleep(0.1)
        came.append(site.collector.take())
        if len(came) == 1:
            site.postgres.commit(8)
            site.postgres.publish(9)

    site.postgres.before_page = before_page
    late = Collector()
    site.database.hub.subscribe(late, All, since=since)
    site.runtime.advance(1)
    assert came[:3] == [[], [8, 9], []]
    assert late.take() == list(range(10))
    site.runtime.advance(PROMISE + 1)
    assert site.take() == late.take() == []


def test_a_slow_postgresql_is_not_asked_all_the_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = site.postgres.answer

    def slowly(statement: str, args: Any) -> Any:
        site.runtime.sleep(0.02)
        return answer(statement, args)

    monkeypatch.setattr(site.postgres, "answer", slowly)
    poll(site)
    reads = site.postgres.reads
    site.runtime.advance(1)
    assert 15 <= site.postgres.reads - reads <= 20  # two questions, and a rest of 10 ms


def test_a_promise_of_a_clock_that_was_put_back_is_made_anew(site: Site) -> None:
    poll(site)
    site.postgres.polled_until = site.runtime.monotonic() + 3_600
    site.runtime.advance(INTERVAL)
    assert site.postgres.polled_until <= site.runtime.monotonic() + PROMISE
    site.runtime.advance(PROMISE + 1)
    assert not promised(site)


def test_a_role_that_may_not_promise_is_told_and_all_the_rest_works(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_args: Any) -> None:
        raise psycopg2.errors.InsufficientPrivilege("permission denied for web_socketio_meta")

    monkeypatch.setattr(site.postgres, "promise", refuse)
    numbers = publish(site, BUSY * 2, 3)
    assert site.take() == numbers
    assert site.lives == 1
    warnings = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert warnings == [
        "database 'mydb': publishers are not spared their NOTIFY: permission denied for "
        "web_socketio_meta"
    ]


@pytest.mark.parametrize(
    ("remaining", "until"),
    [
        (None, LONG_AGO), (1.5, 100 + 1.5 - MARGIN), (-3.0, 97 - MARGIN),
        (3_600.0, 100 + PROMISE - MARGIN),
    ],
)  # fmt: skip
def test_what_publishers_trust(remaining: float | None, until: float) -> None:
    assert trusted_until(remaining, 100.0) == pytest.approx(until)
