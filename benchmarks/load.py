"""The load generator's other end: commands in, answers out."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.programs import load_generator


class LoadFailed(Exception):
    """A server refused clients or lost them."""


class Probes(NamedTuple):
    """Milliseconds from an event to its acknowledgement."""

    count: int
    p50: float
    p99: float
    max: float


class Load:
    """Socket.IO clients of one server, in a process of their own.

    :param core: the processor it runs on.
    :param auth: JSON of each client's CONNECT; ``%d`` becomes its number.
    :param words: a file, whose line of that number ``%s`` becomes instead.
    """

    def __init__(
        self, core: int, port: int, namespace: str, auth: str, words: Path | None = None
    ) -> None:
        self.clients = 0
        command: list[object] = ["taskset", "-c", core, load_generator(), port, namespace, auth]
        command += [] if words is None else [words]
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1,
        )  # fmt: skip

    def _ask(self, command: str) -> list[float]:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        answer = ""
        with suppress(BrokenPipeError):
            process.stdin.write(command + "\n")
            answer = process.stdout.readline()
        if not answer:
            raise LoadFailed(f"the load generator ended at {command!r}; it said why above")
        return [float(word) for word in answer.split() if word != "done"]

    def open(self, clients: int) -> float:
        """Open more clients; returns the seconds it took."""
        (seconds,) = self._ask(f"open {clients}")
        self.clients += clients
        return seconds

    def churn(self, clients: int) -> float:
        """Let clients come and go; returns the seconds it took."""
        (seconds,) = self._ask(f"churn {clients}")
        return seconds

    def drop(self) -> None:
        """Close all clients."""
        self._ask("drop")
        self.clients = 0

    def reset(self) -> None:
        """Forget what came so far."""
        self._ask("reset")

    def nap(self, microseconds: int) -> None:
        """Sleep before each look at the sockets, so that servers need not wake the generator."""
        self._ask(f"nap {microseconds}")

    def expect(self, events: int, timeout: float = 30.0) -> int:
        """Wait for events; returns how many came since the last reset."""
        count, _cpu = self._ask(f"expect {events} {timeout * 1000:.0f}")
        return int(count)

    def cpu(self) -> float:
        """Seconds of CPU that the generator itself took so far."""
        _count, seconds = self._ask("expect 0 0")
        return seconds

    def say(self, text: str) -> None:
        """Let client 0 send a text frame."""
        self._ask(f"say {text}")

    def probe(self, rate: int) -> None:
        """Let client 0 emit an event with acknowledgement, so many times a second."""
        self._ask(f"probe {rate}")

    def probed(self) -> Probes:
        """End the probe."""
        count, p50, p99, worst = self._ask("probe 0")
        return Probes(int(count), p50, p99, worst)

    def receipts(self) -> list[tuple[int, int]]:
        """What came since the last reset: the number in it, and the monotonic time in ns."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "receipts"
            self._ask(f"dump {path}")
            lines = path.read_text().splitlines()
        return [(int(number), int(at)) for number, at in map(str.split, lines)]

    def close(self) -> None:
        """End the generator, and with it its connections."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(BrokenPipeError):  # it ended by itself
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)
