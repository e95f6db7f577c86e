"""A runtime on threads of which one runs at a time, with a clock of its own."""

from __future__ import annotations

import heapq
import itertools
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from pgsocketio.runtime import Event, Job


class Killed(BaseException):
    """Raised where a killed job waits."""


class Deadlock(AssertionError):
    """The test waits, and nothing is left that could happen."""


class _Task:
    """A thread that runs when it is handed the turn. The test's own thread is one, too."""

    def __init__(self, runtime: ThreadRuntime, function: Callable[[], Any] | None = None) -> None:
        self.runtime = runtime
        self.function = function
        self.turn = threading.Semaphore(0)
        self.thread: threading.Thread | None = None
        self.alarm = 0
        self.killed = False
        self.done = _Event(runtime)

    def kill(self) -> None:
        """End it where it waits, and come back when it has ended; itself: at once."""
        if self is self.runtime.current():
            raise Killed()
        self.killed = True
        self.runtime.make_ready(self)
        self.done.wait()

    def run(self) -> None:
        self.turn.acquire()
        try:
            if self.function is not None and not self.killed:
                self.function()
        except Killed:
            pass
        except Exception as error:
            self.runtime.failures.append(error)
        finally:
            self.done.set()
            self.runtime.ended(self)


class _Timer:
    """A call that is due; until then it costs nothing, and cancelling it does not wait."""

    def __init__(self, runtime: ThreadRuntime, function: Callable[[], Any]) -> None:
        self._runtime = runtime
        self._function = function
        self._job: Job | None = None
        self._cancelled = False

    def ring(self) -> None:
        if not self._cancelled:
            self._job = self._runtime.spawn(self._function)

    def kill(self) -> None:
        self._cancelled = True
        if self._job is not None:
            self._job.kill()


class _Event:
    """As ``threading.Event``, on the runtime's turns and time."""

    def __init__(self, runtime: ThreadRuntime) -> None:
        self._runtime = runtime
        self._set = False
        self._waiters: list[_Task] = []

    def set(self) -> None:
        self._set = True
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            self._runtime.make_ready(waiter)

    def clear(self) -> None:
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        if self._set:
            return True
        task = self._runtime.current()
        self._waiters.append(task)
        try:
            self._runtime.pause(timeout)
        finally:
            if task in self._waiters:
                self._waiters.remove(task)
        return self._set


class ThreadRuntime:
    """:class:`pgsocketio.runtime.Runtime` for tests: cooperative as greenlets are, and repeatable.

    Use it as a context manager, or call :meth:`close`. The thread that makes it is the test's.

    :ivar failures: exceptions that ended a job; :meth:`close` raises the first.
    """

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self._now = 0.0
        self._main = self._current = _Task(self)
        self._ready: deque[_Task] = deque()
        self._alarms: list[tuple[float, int, Callable[[], Any]]] = []
        self._readers: dict[_Task, int] = {}
        self._tasks: dict[_Task, None] = {}
        self._stuck = False
        self._numbers = itertools.count(1)

    # -- the runtime of the core -------------------------------------------------------------

    def spawn(self, function: Callable[..., Any], *args: Any) -> Job:
        task = _Task(self, lambda: function(*args))
        self._tasks[task] = None
        self.make_ready(task)
        return task

    def later(self, seconds: float, function: Callable[[], Any]) -> Job:
        timer = _Timer(self, function)
        self._set_alarm(seconds, timer.ring)
        return timer

    def sleep(self, seconds: float = 0) -> None:
        self.pause(seconds)

    def monotonic(self) -> float:
        return self._now

    def event(self) -> Event:
        return _Event(self)

    def current(self) -> Any:
        return self._current

    def wait_read(self, fileno: int, timeout: float) -> bool:
        self._readers[self._current] = fileno
        try:
            self.pause(timeout)
        finally:
            self._readers.pop(self._current, None)
        return bool(select.select([fileno], [], [], 0)[0])

    # -- for the test ------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything run until all wait. No time passes."""
        while self._wake_readers() or self._ring_due() or self._ready:
            self.sleep(0)

    def advance(self, seconds: float) -> None:
        """Let time pass, and all that is due happen.

        :param seconds: of this runtime's clock; it takes none of yours.
        """
        self.sleep(seconds)
        self.settle()

    def close(self) -> None:
        """End all jobs, and raise what ended one of them before."""
        while self._tasks:
            next(iter(self._tasks)).kill()
        if self.failures:
            raise self.failures[0]

    def __enter__(self) -> ThreadRuntime:
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is not None:
            self.failures.clear()  # the test's own failure is the one to show
        self.close()

    # -- turns -------------------------------------------------------------------------------

    def make_ready(self, task: _Task) -> None:
        """Let a task go on when its turn comes."""
        task.alarm = 0  # no alarm of it counts any more
        if task not in self._ready and not task.done.is_set():
            self._ready.append(task)

    def pause(self, seconds: float | None) -> None:
        """Hand the turn on, and come back when made ready or after some time (None: never)."""
        task = self._current
        if seconds == 0:
            self.make_ready(task)
        elif seconds is not None:
            task.alarm = number = next(self._numbers)
            self._set_alarm(seconds, lambda: self._wake(task, number))
        self.hand_on()
        task.turn.acquire()
        if task.killed:
            task.killed = False  # what it still does at its end may wait
            raise Killed()
        if self._stuck:
            raise Deadlock("nothing can happen any more, and the test waits for something")

    def hand_on(self) -> None:
        """Give the turn to whoever is next; time passes when nobody is."""
        while not self._ready and self._pass_time():
            pass
        self._stuck = not self._ready
        if self._stuck:
            self._ready.append(self._main)
        self._current = task = self._ready.popleft()
        if task.thread is None and task is not self._main:
            task.thread = threading.Thread(target=task.run, daemon=True)
            task.thread.start()
        task.turn.release()

    def _set_alarm(self, seconds: float, function: Callable[[], Any]) -> None:
        heapq.heappush(self._alarms, (self._now + seconds, next(self._numbers), function))

    def _wake(self, task: _Task, number: int) -> None:
        if task.alarm == number:
            self.make_ready(task)

    def ended(self, task: _Task) -> None:
        """A task is over; its thread must do nothing after this."""
        del self._tasks[task]
        self.hand_on()

    def _wake_readers(self) -> bool:
        if not self._readers:
            return False
        readable = select.select(list(self._readers.values()), [], [], 0)[0]
        for task, fileno in list(self._readers.items()):
            if fileno in readable:
                self.make_ready(task)
        return bool(readable)

    def _ring_due(self) -> bool:
        """Ring the next alarm if its time has come."""
        if not self._alarms or self._alarms[0][0] > self._now:
            return False
        heapq.heappop(self._alarms)[2]()
        return True

    def _pass_time(self) -> bool:
        """Make ready who can read; else go to the next alarm.

        :returns: whether there was one.
        """
        if self._wake_readers():
            return True
        if self._alarms:
            self._now = max(self._now, self._alarms[0][0])
        return self._ring_due()
