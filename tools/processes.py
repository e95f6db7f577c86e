"""Child processes that never outlive us: their logs, their ready lines, and their end."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import ClassVar

from tools.console import SetupError

KEPT_LINES = 20_000
START = 120.0  # seconds; what takes longer hangs


def _ports() -> Iterator[int]:
    """TCP ports to try, each once; processes that test beside each other have some of their own.

    The system itself gives higher ones, so that nobody takes them before, or between two servers.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 20_000 + worker % 4 * 2_500
    yield from random.SystemRandom().sample(range(first, first + 2_500), 2_500)


_untried = _ports()


def free_ports(count: int) -> list[int]:
    """Return TCP ports of 127.0.0.1 on which nothing listens, and that nobody else was given."""
    return list(islice((port for port in _untried if not is_taken(port)), count))


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nothing listens."""
    return free_ports(1)[0]


def is_taken(port: int) -> bool:
    """Tell whether something listens on that TCP port of 127.0.0.1."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


class Child:
    """A process in a session of its own, so that Ctrl-C reaches only us and we end it in order.

    Should we die without a word, the kernel sends it its stop signal (``setpriv --pdeathsig``).
    Everything it prints goes to its log file and can be waited for.

    :cvar all: those that were started and are still in use
    """

    all: ClassVar[weakref.WeakSet[Child]] = weakref.WeakSet()

    def __init__(
        self,
        name: str,
        command: Sequence[object],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        account: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start it.

        :param log: file that gets its output, overwritten
        :param env: variables set besides those of this process
        :param account: user account to run under; needs root
        """
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._changed = threading.Condition()
        self._ended = False
        as_account = ("--reuid", account, "--regid", "nogroup", "--clear-groups") if account else ()
        watchdog = ["setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG"), *as_account]
        self.process = subprocess.Popen(
            [*watchdog, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._copy_output, daemon=True)
        self._reader.start()
        Child.all.add(self)

    def _copy_output(self) -> None:
        """Copy its output to the log file, and wake those who wait for a line."""
        assert self.process.stdout is not None
        with self.log.open("w", encoding="utf-8") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def output(self) -> str:
        """What it printed so far (the last 20,000 lines)."""
        with self._changed:
            return "\n".join(self._lines)

    def wait_for_line(self, pattern: str, timeout: float = START) -> re.Match[str]:
        """Wait until it has printed a line in which the pattern is found; return the match.

        Lines that were printed before the call count.

        :param timeout: seconds
        :raises SetupError: when it ended or the time is over; says where the log is
        """
        found: re.Match[str] | None = None

        def is_over() -> bool:
            nonlocal found
            found = next(filter(None, (re.search(pattern, line) for line in self._lines)), None)
            return found is not None or self._ended

        with self._changed:
            in_time = self._changed.wait_for(is_over, timeout)
        if found is None:
            what = "ended" if in_time else f"did not say {pattern!r} within {timeout:g} s"
            raise SetupError(f"{self.name} {what}; its log is {self.log}.")
        return found

    def wait_until_started(self, pattern: str) -> re.Match[str]:
        """Wait as above for the line that says it serves; if it does not come, stop the process."""
        try:
            return self.wait_for_line(pattern)
        except BaseException:
            self.stop()
            raise

    def is_running(self) -> bool:
        """Tell whether it runs."""
        return self.process.poll() is None

    def stop(self, timeout: float = 15.0) -> int:
        """Send its stop signal and wait; kill it, and all of its session, when it stays.

        :param timeout: seconds
        :returns: its exit status (negative: the signal that ended it)
        """
        if self.is_running():
            self.process.send_signal(self._stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()
        self._reader.join(timeout=5)
        return self.process.returncode
