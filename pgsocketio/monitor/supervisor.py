"""What systemd is told, and what it watches. Source: sd_notify(3), sd_watchdog_enabled(3)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final

_PAUSE: Final = 10.0  # seconds between two lines of status


class Supervisor:
    """Speaks to the process that started this one; where it was not systemd, it says nothing.

    :param environ: of the process.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog = 0.0
        if environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            self._watchdog = int(environ.get("WATCHDOG_USEC", "0")) / 1e6

    def tell(self, **state: object) -> None:
        """Send some assignments, such as ``READY=1``; a supervisor that is away is no error."""
        if not self._address:
            return
        text = "\n".join(f"{name}={value}" for name, value in state.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            try:
                channel.sendto(text.encode(), self._address)
            except OSError:
                return

    def reloading(self) -> None:
        """Say that the configuration is read again, until the next READY=1."""
        self.tell(RELOADING=1, MONOTONIC_USEC=time.monotonic_ns() // 1000)

    def run(self, sleep: Callable[[float], None], status: Callable[[], str]) -> None:
        """Prove for ever that the event loop runs, and say how it goes.

        :param sleep: gives way for some seconds.
        :param status: a line for ``systemctl status``.
        """
        while self._address:
            self.tell(WATCHDOG=1, STATUS=status())
            sleep(min(_PAUSE, self._watchdog / 2) if self._watchdog else _PAUSE)
