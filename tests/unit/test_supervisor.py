"""What systemd is told, on a socket as systemd would open it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgsocketio.monitor import Supervisor


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(5)
        yield channel


def heard(channel: socket.socket) -> list[str]:
    return channel.recv(4096).decode().split("\n")


class Enough(Exception):
    """Ends a loop without end."""


def test_states_are_told(channel: socket.socket) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": channel.getsockname()})
    supervisor.tell(READY=1, STATUS="ready for 1 of 1 databases")
    assert heard(channel) == ["READY=1", "STATUS=ready for 1 of 1 databases"]
    supervisor.reloading()
    reloading, stamp = heard(channel)
    assert reloading == "RELOADING=1"
    assert stamp.removeprefix("MONOTONIC_USEC=").isdigit()


def test_abstract_addresses_work_too() -> None:
    name = f"oe-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0{name}")
        channel.settimeout(5)
        Supervisor({"NOTIFY_SOCKET": f"@{name}"}).tell(STOPPING=1)
        assert heard(channel) == ["STOPPING=1"]


def test_the_watchdog_is_fed_twice_per_period(channel: socket.socket) -> None:
    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise Enough

    environ = {"NOTIFY_SOCKET": channel.getsockname(), "WATCHDOG_USEC": "3000000",
               "WATCHDOG_PID": str(os.getpid())}  # fmt: skip
    with pytest.raises(Enough):
        Supervisor(environ).run(sleep, lambda: "all is well")
    assert pauses == [1.5, 1.5]
    assert heard(channel) == heard(channel) == ["WATCHDOG=1", "STATUS=all is well"]


def test_the_watchdog_of_another_process_is_not_ours(channel: socket.socket) -> None:
    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        raise Enough

    environ = {"NOTIFY_SOCKET": channel.getsockname(), "WATCHDOG_USEC": "3000000",
               "WATCHDOG_PID": "1"}  # fmt: skip
    with pytest.raises(Enough):
        Supervisor(environ).run(sleep, lambda: "")
    assert pauses == [10.0]


def test_without_systemd_nothing_is_said_and_nothing_runs(tmp_path: Path) -> None:
    Supervisor({}).tell(READY=1)
    Supervisor({}).run(lambda _seconds: pytest.fail("it waits"), lambda: "")
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "away")}).tell(READY=1)
