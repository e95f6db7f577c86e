"""The runtime on gevent."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, Final

import gevent
import gevent.event
import gevent.socket

_NEXT_TURN: Final = 1e-9
"""Seconds. With 0, gevent runs what is ready again and again before it looks at any socket."""

MAX_IDLE: Final = 200
"""Most greenlets kept for what is spawned later; each keeps a stack of a few KiB."""


class _Task:
    """What was spawned. It runs in a copy of its spawner's context, as a greenlet of its own would.

    :ivar worker: that runs it, None when it is over.
    """

    __slots__ = ("_args", "_begun", "_context", "_function", "_over", "worker")

    def __init__(
        self, worker: _Worker, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        self.worker: _Worker | None = worker
        self._function, self._args = function, args
        self._begun = False
        self._context = copy_context()
        self._over: Any = None

    def __repr__(self) -> str:
        return f"<{getattr(self._function, '__qualname__', self._function)}>"

    def run(self) -> None:
        """Called by the worker."""
        if not self._begun:
            self._begun = True
            self._context.run(self._function, *self._args)

    def end(self) -> None:
        """It is over."""
        self.worker = None
        if self._over is not None:
            self._over.set()

    def kill(self) -> None:
        """End it where it waits, and wait until it is over; nothing when it is over already."""
        if self.worker is None:
            return
        if self.worker is gevent.getcurrent():
            raise gevent.GreenletExit()
        if not self._begun:
            self._begun = True
            return
        if self._over is None:
            self._over = gevent.event.Event()
        gevent.get_hub().loop.run_callback(self._throw)
        self._over.wait()

    def _throw(self) -> None:
        """In the hub, so that it meets this task and not the worker's next one."""
        if self.worker is not None:
            self.worker.throw(gevent.GreenletExit)


class _Worker(gevent.Greenlet):  # type: ignore[misc]
    """A greenlet that runs one task after the other.

    :ivar task: that it runs or is about to run.
    """

    def __init__(self, idle: deque[_Worker]) -> None:
        super().__init__()
        self._idle = idle
        self.task: _Task | None = None

    def begin(self, function: Callable[..., Any], args: tuple[Any, ...]) -> _Task:
        """Run a function in one of the next turns of the loop."""
        self.task = task = _Task(self, function, args)
        if self.started:
            gevent.get_hub().loop.run_callback(self.switch, task)
        else:
            self.start()
        return task

    def _run(self) -> None:
        while True:
            self._work()
            if len(self._idle) >= MAX_IDLE:
                return
            self._idle.append(self)
            self._rest()

    def _work(self) -> None:
        task = self.task
        assert task is not None
        try:
            task.run()
        except gevent.GreenletExit:
            pass
        except BaseException as error:  # the hub knows which of them end the process
            self._report(task, error)
        finally:
            self.task = None
            task.end()

    def _rest(self) -> None:
        hub = gevent.get_hub()
        woken_for = None
        while woken_for is None or woken_for is not self.task:
            try:
                woken_for = hub.switch()
            except BaseException as error:  # left behind by the last task, such as a timeout
                self._report(self, error)

    @staticmethod
    def _report(context: object, error: BaseException) -> None:
        gevent.get_hub().handle_error(context, type(error), error, error.__traceback__)


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
    """Greenlets behind :class:`pgsocketio.runtime.Runtime`.

    They are used again, as the threads of a pool are: to make one takes ten times as long as to
    wake one, and longer than many an event. What a function leaves in thread-local variables is
    there for the next one.
    """

    monotonic = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self._idle: deque[_Worker] = deque()

    def spawn(self, function: Callable[..., Any], *args: Any) -> Any:
        worker = self._idle.pop() if self._idle else _Worker(self._idle)
        return worker.begin(function, args)

    def sleep(self, seconds: float = 0) -> None:
        gevent.sleep(seconds or _NEXT_TURN)

    def event(self) -> Any:
        return gevent.event.Event()

    def current(self) -> Any:
        greenlet = gevent.getcurrent()
        return getattr(greenlet, "task", greenlet)

    def later(self, seconds: float, function: Callable[[], Any]) -> Any:
        return _Timer(seconds, function)

    def wait_read(self, fileno: int, timeout: float) -> bool:
        try:
            gevent.socket.wait_read(fileno, timeout=timeout)
        except TimeoutError:
            return False
        return True
