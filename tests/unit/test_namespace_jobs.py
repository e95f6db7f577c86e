"""Jobs of a client: they end with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from pgsocketio.namespace import BaseNamespace
from pgsocketio.settings import ServerSettings
from pgsocketio.testing import NamespaceDriver


class Working(BaseNamespace):
    def initialize(self) -> None:
        self.ticks: list[Any] = []

    def on_work(self, *args: Any) -> None:
        self.job = self.spawn(self.work, *args, step=1)

    def work(self, *args: Any, step: int) -> None:
        self.ticks.append(args)
        try:
            while True:
                self.socket.runtime.sleep(step)
                self.ticks.append("tick")
        finally:
            self.ticks.append("end")

    def on_stop(self) -> None:
        self.kill_local_jobs()

    def recv_disconnect(self) -> None:
        self.ticks.append("gone")
        self.socket.runtime.sleep(1.5)


@pytest.mark.parametrize("way", ["stop", "kill", "disconnect", "drop", "kick"])
def test_jobs_end_with_the_connection_or_when_told(way: str) -> None:
    with NamespaceDriver(Working) as client:
        namespace = client.namespace
        client.emit("work", 1, 2)
        client.advance(2.5)
        assert namespace.ticks == [(1, 2), "tick", "tick"]
        if way == "stop":
            client.emit("stop")
        elif way == "kill":
            namespace.job.kill()
        elif way == "kick":
            namespace.disconnect()
        else:
            getattr(client, way)()
        client.advance(10)
        after = {"stop": ["end"], "kill": ["end"]}.get(way, ["gone", "tick", "end"])
        assert namespace.ticks[3:] == after


@pytest.mark.parametrize("fails", [lambda: 1 / 0, lambda: sys.exit(1)], ids=["error", "exit"])
def test_a_job_that_fails_is_logged(
    caplog: pytest.LogCaptureFixture, fails: Callable[[], Any]
) -> None:
    with NamespaceDriver(Working) as client:
        client.namespace.spawn(fails)
        client.settle()
        assert "the job <lambda> of /Working failed" in caplog.text
        assert not client.ended


def test_a_job_may_end_all_jobs() -> None:
    done = []
    with NamespaceDriver(Working) as client:
        namespace = client.namespace
        client.emit("work")

        def last() -> None:
            namespace.kill_local_jobs()
            done.append(True)

        namespace.spawn(last)
        client.settle()
        assert namespace.ticks == [(), "end"]
        assert done == [True]


def test_a_job_of_a_client_that_is_gone_does_not_begin() -> None:
    with NamespaceDriver(Working) as client:
        namespace = client.namespace
        client.drop()
        namespace.spawn(namespace.work, step=1)
        client.advance(5)
        assert namespace.ticks == ["gone"]


def test_jobs_are_bounded() -> None:
    with NamespaceDriver(Working, settings=ServerSettings(max_jobs=2)) as client:
        for _ in range(2):
            assert client.call("work") == [None]
        [refused] = client.call("work")
        assert "2 jobs at most" in refused["error"]["message"]
        client.emit("stop")
        assert client.call("work") == [None]
