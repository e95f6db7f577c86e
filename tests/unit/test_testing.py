"""The shipped doubles: a runtime that behaves as greenlets do, and a client that hides nothing."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from pgsocketio.namespace import BaseNamespace
from pgsocketio.testing import (
    Deadlock,
    MemoryConnection,
    MemoryDatabase,
    MemoryPrepared,
    NamespaceDriver,
    ThreadRuntime,
)

from .listeners import All, Collector


def test_one_job_runs_at_a_time_in_the_order_of_their_turns(runtime: ThreadRuntime) -> None:
    steps: list[str] = []

    def job(name: str) -> None:
        for number in range(3):
            steps.append(f"{name}{number}")
            runtime.sleep(0)

    runtime.spawn(job, "a")
    runtime.spawn(job, "b")
    assert steps == []
    runtime.settle()
    assert steps == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_time_passes_only_when_all_wait(runtime: ThreadRuntime) -> None:
    times: list[Any] = []

    def job(seconds: float) -> None:
        runtime.sleep(seconds)
        times.append((seconds, runtime.monotonic()))

    for seconds in (5_000.0, 1.0, 3.0):
        runtime.spawn(job, seconds)
    runtime.settle()
    assert (times, runtime.monotonic()) == ([], 0.0)
    runtime.advance(3)
    assert times == [(1.0, 1.0), (3.0, 3.0)]
    runtime.advance(10_000)
    assert times[2] == (5_000.0, 5_000.0)
    assert runtime.monotonic() == 10_003


def test_events(runtime: ThreadRuntime) -> None:
    event, got = runtime.event(), []
    runtime.spawn(lambda: got.append((event.wait(), runtime.monotonic())))
    runtime.spawn(lambda: got.append((event.wait(2), runtime.monotonic())))
    runtime.advance(5)
    assert got == [(False, 2.0)]
    event.set()
    assert event.is_set()
    runtime.settle()
    assert got[1] == (True, 5.0)
    assert event.wait(0)
    event.clear()
    assert not event.wait(1)
    assert runtime.monotonic() == 6.0


def test_kill_ends_a_job_where_it_waits_and_waits_for_its_end(runtime: ThreadRuntime) -> None:
    steps: list[Any] = []

    def job() -> None:
        try:
            runtime.event().wait()
        except Exception:
            steps.append("caught")
        finally:
            runtime.sleep(1)
            steps.append("end")

    made = runtime.spawn(job)
    runtime.settle()
    made.kill()
    assert steps == ["end"]
    made.kill()
    assert runtime.monotonic() == 1.0


def test_a_job_killed_before_its_first_turn_does_not_begin(runtime: ThreadRuntime) -> None:
    began: list[Any] = []
    runtime.spawn(began.append, 1).kill()
    assert began == []


def test_later(runtime: ThreadRuntime) -> None:
    calls: list[Any] = []
    runtime.later(1, lambda: calls.append(1))
    runtime.later(2, lambda: calls.append(2)).kill()
    runtime.advance(5)
    assert calls == [1]


def test_waiting_for_a_file(runtime: ThreadRuntime) -> None:
    reader, writer = os.pipe()
    got: list[Any] = []
    try:
        runtime.spawn(lambda: got.append(runtime.wait_read(reader, 3)))
        runtime.advance(4)
        assert got == [False]
        runtime.spawn(lambda: got.append(runtime.wait_read(reader, 3)))
        runtime.settle()
        os.write(writer, b"x")
        runtime.settle()
        assert got == [False, True]
        assert runtime.monotonic() == 4.0
    finally:
        os.close(reader)
        os.close(writer)


def test_a_test_that_waits_for_nothing_is_told(runtime: ThreadRuntime) -> None:
    with pytest.raises(Deadlock):
        runtime.event().wait()
    runtime.sleep(1)


def test_a_job_that_fails_fails_the_test() -> None:
    with pytest.raises(ZeroDivisionError), ThreadRuntime() as runtime:
        runtime.spawn(lambda: 1 / 0)
        runtime.settle()


def test_the_tests_own_failure_is_the_one_to_show() -> None:
    with pytest.raises(KeyError), ThreadRuntime() as runtime:
        runtime.spawn(lambda: 1 / 0)
        runtime.settle()
        raise KeyError


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    with ThreadRuntime() as runtime:
        for _ in range(10):
            runtime.spawn(runtime.sleep, 10)
        runtime.settle()
        threads = threading.enumerate()[before:]
        assert len(threads) == 10
    for thread in threads:
        thread.join(5)
    assert threading.active_count() == before


class Echo(BaseNamespace):
    def on_echo(self, *args: Any) -> tuple[Any, ...]:
        return args

    def on_slow(self) -> int:
        self.socket.runtime.sleep(5)
        return 1


def test_the_driver() -> None:
    with NamespaceDriver(Echo) as client:
        assert client.call("echo", 1, b"x", {"a": b"y"}) == [1, b"x", {"a": b"y"}]
        assert client.call("slow") is None
        assert client.call("slow", seconds=10) == [1]
        assert client.refused is None
        assert not client.ended
        client.drop()
        assert client.ended


def test_the_driver_shows_a_refusal() -> None:
    with NamespaceDriver(Echo, {"v": 7}) as client:
        assert client.refused is not None
        assert client.refused["message"] == "unsupported protocol version"


@pytest.mark.parametrize("text", ["a\x1eb", "\ud800"])
def test_the_transport_refuses_what_a_real_one_would(text: str) -> None:
    with pytest.raises(ValueError, match="U\\+001E|surrogates"):
        MemoryPrepared([text])


def test_a_closed_connection_carries_nothing() -> None:
    with NamespaceDriver(Echo) as client:
        connection = MemoryConnection(client.server)
        connection.leave()
        connection.send("2[]")
        connection.receive('0/Echo,{"v":1}')
        client.settle()
        assert connection.sent == []


def test_a_database_in_memory_reads_as_postgresql_does() -> None:
    database = MemoryDatabase()
    database.read()
    listener = Collector()
    database.hub.subscribe(listener, All)
    late, early = database.transaction(), database.transaction()
    late.publish("chat", n="late")
    early.publish("chat", n="early")
    early.commit(inline=False)
    position = database.position()
    assert not position.snapshot.sees(late.xid)
    assert position.snapshot.sees(early.xid)
    assert database.resume(str(position)) == position
    assert database.resume("nonsense") is None
    database.read()
    assert listener.take() == ["early"]
    late.commit(inline=False)
    database.read(page=1)
    assert listener.take() == ["late"]
    assert [row["values"]["n"] for row in database.rows(position.snapshot)] == ["late"]
