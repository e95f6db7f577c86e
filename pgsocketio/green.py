"""The runtime on gevent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event
import gevent.socket


class GreenRuntime:
    """Greenlets behind :class:`pgsocketio.runtime.Runtime`."""

    monotonic = staticmethod(time.monotonic)

    def spawn(self, function: Callable[..., Any], *args: Any) -> Any:
        return gevent.spawn(function, *args)

    def sleep(self, seconds: float = 0) -> None:
        gevent.sleep(seconds)

    def event(self) -> Any:
        return gevent.event.Event()

    def current(self) -> Any:
        return gevent.getcurrent()

    def later(self, seconds: float, function: Callable[[], Any]) -> Any:
        return gevent.spawn_later(seconds, function)

    def wait_read(self, fileno: int, timeout: float) -> bool:
        try:
            gevent.socket.wait_read(fileno, timeout=timeout)
        except TimeoutError:
            return False
        return True
