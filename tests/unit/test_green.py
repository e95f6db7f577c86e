"""The runtime on gevent: greenlets that are used again, and what must not leak between their tasks.

Nothing is patched here."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import gevent
import gevent.event
import pytest

from pgsocketio.green import MAX_IDLE, GreenRuntime

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


@pytest.fixture
def runtime() -> Iterator[GreenRuntime]:
    yield GreenRuntime()
    gevent.get_hub().destroy()


def settle() -> None:
    """Let everything run that can."""
    for _ in range(5):
        gevent.sleep(0)


@pytest.fixture
def reported(runtime: GreenRuntime, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the errors that the hub was told of."""
    names: list[str] = []

    def handle_error(_context: Any, kind: type[BaseException], *_more: Any) -> None:
        names.append(kind.__name__)

    monkeypatch.setattr(gevent.get_hub(), "handle_error", handle_error)
    return names


def test_what_is_spawned_runs_later_in_order(runtime: GreenRuntime) -> None:
    done: list[int] = []
    for number in range(3):
        runtime.spawn(done.append, number)
    assert done == []
    settle()
    assert done == [0, 1, 2]


def test_greenlets_are_used_again_and_idle_ones_are_bounded(runtime: GreenRuntime) -> None:
    greenlets: set[int] = set()
    for _ in range(3):
        runtime.spawn(lambda: greenlets.add(id(gevent.getcurrent())))
        settle()
    assert len(greenlets) == 1
    gate = gevent.event.Event()
    for _ in range(MAX_IDLE + 20):
        runtime.spawn(gate.wait)
    settle()
    gate.set()
    settle()
    assert len(runtime._idle) == MAX_IDLE


def test_a_task_is_current_and_not_its_greenlet(runtime: GreenRuntime) -> None:
    current: list[Any] = []
    tasks = []
    for _ in range(2):
        tasks.append(runtime.spawn(lambda: current.append(runtime.current())))
        settle()
    assert current == tasks
    assert tasks[0] is not tasks[1]
    assert runtime.current() is gevent.getcurrent()


def test_each_task_has_its_spawners_context_and_leaves_nothing_in_it(
    runtime: GreenRuntime,
) -> None:
    seen: list[str] = []

    def task(name: str) -> None:
        seen.append(WHO.get())
        WHO.set(name)

    runtime.spawn(task, "first")
    settle()
    token = WHO.set("spawner")
    runtime.spawn(task, "second")
    WHO.reset(token)
    settle()
    runtime.spawn(task, "third")
    settle()
    assert seen == ["nobody", "spawner", "nobody"]


def test_killing_ends_a_task_where_it_waits_and_returns_afterwards(runtime: GreenRuntime) -> None:
    steps: list[str] = []

    def wait() -> None:
        try:
            gevent.sleep(60)
        finally:
            gevent.sleep(0)
            steps.append("cleaned up")

    task = runtime.spawn(wait)
    settle()
    task.kill()
    assert steps == ["cleaned up"]
    task.kill()  # over: nothing


def test_a_task_killed_before_it_began_never_runs(runtime: GreenRuntime) -> None:
    done: list[str] = []
    runtime.spawn(done.append, "killed").kill()
    runtime.spawn(done.append, "after")
    settle()
    assert done == ["after"]


def test_a_task_that_kills_itself_ends_there(runtime: GreenRuntime) -> None:
    done: list[str] = []

    def end() -> None:
        done.append("begun")
        runtime.current().kill()
        done.append("went on")

    runtime.spawn(end)
    settle()
    assert done == ["begun"]


def test_killing_a_task_that_ends_meanwhile_spares_the_next_one(runtime: GreenRuntime) -> None:
    gate = gevent.event.Event()
    done: list[str] = []
    first = runtime.spawn(gate.wait)
    settle()
    hub_loop = gevent.get_hub().loop
    gate.set()  # it ends in the next turn, before the kill
    hub_loop.run_callback(lambda: runtime.spawn(done.append, "next"))
    first.kill()
    settle()
    assert done == ["next"]


def test_an_error_is_reported_and_the_greenlet_goes_on(
    runtime: GreenRuntime, reported: list[str]
) -> None:
    done: list[str] = []

    def fail() -> None:
        raise KeyError("unexpected")

    runtime.spawn(fail)
    settle()
    runtime.spawn(done.append, "next")
    settle()
    assert (reported, done) == (["KeyError"], ["next"])


def test_a_timeout_that_a_task_left_behind_meets_an_idle_greenlet(
    runtime: GreenRuntime, reported: list[str]
) -> None:
    done: list[str] = []

    def forget_a_timeout() -> None:
        gevent.Timeout(0.01).start()

    runtime.spawn(forget_a_timeout)
    while not reported:
        gevent.sleep(0.01)
    runtime.spawn(lambda: (gevent.sleep(0), done.append("next")))
    settle()
    assert (reported, done) == (["Timeout"], ["next"])


def test_who_gives_way_lets_sockets_be_served(runtime: GreenRuntime) -> None:
    here, there = socket.socketpair()
    turns: list[int] = []
    served: list[int] = []

    def busy() -> None:
        for _ in range(20):
            turns.append(0)
            runtime.sleep(0)

    with here, there:
        watcher = gevent.get_hub().loop.io(there.fileno(), 1)
        watcher.start(lambda: (there.recv(1), served.append(len(turns))))
        here.send(b"x")
        gevent.spawn(busy).join()
        watcher.stop()
        watcher.close()
    assert served
    assert served[0] <= 2
