"""The runtime on gevent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
import gevent.event
import gevent.socket


class _Timer:
    """A timer of the loop: lighter than a greenlet that sleeps."""

    __slots__ = ("_function", "_timer")

    def __init__(self, seconds: float, function: Callable[[], Any]) -> None:
        self._function = function
        self._timer = gevent.get_hub().loop.timer(seconds)
        self._timer.start(self._fire)

    def _fire(self) -> None:
        self.kill()
        self._function()

    def kill(self) -> None:
        self._timer.stop()
        self._timer.close()


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
        return _Timer(seconds, function)

    def wait_read(self, fileno: int, timeout: float) -> bool:
        try:
            gevent.socket.wait_read(fileno, timeout=timeout)
        except TimeoutError:
            return False
        return True
