"""What runs for one client beside its events, and which job listens with what."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import Disconnected, HandlerError
from pgsocketio.reader import Reader

if TYPE_CHECKING:
    from pgsocketio.runtime import Job
    from pgsocketio.socket import NamespaceSocket

logger = logging.getLogger("pgsocketio.jobs")


class Jobs:
    """The jobs of one client on one namespace; they end with it."""

    __slots__ = ("_current", "_names", "_readers", "_socket")

    def __init__(self, socket: NamespaceSocket) -> None:
        self._socket = socket
        self._names: dict[Any, str] = {}
        self._readers: dict[tuple[Any, type[AbstractAdapter]], Reader] = {}
        self._current: dict[Any, Reader] = {}

    def spawn(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Job:
        """Run a function as a job.

        :raises HandlerError: when the client has as many as it may.
        """
        most = self._socket.settings.max_jobs
        if len(self._names) >= most:
            raise HandlerError(f"a client may have {most} jobs at most")
        return self._socket.runtime.spawn(self._run, function, args, kwargs)

    def _run(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        job = self._socket.runtime.current()
        name = getattr(function, "__name__", type(function).__name__)
        self._names[job] = name
        try:
            if self._socket.gone is None:
                function(*args, **kwargs)
        except Disconnected:
            pass
        except (Exception, SystemExit):  # sys.exit() would end the server that all share
            logger.exception("the job %s of %s failed", name, self._socket.name)
        finally:
            self.forget(job)

    def kill(self) -> None:
        """End all jobs, but not the one that asks for it."""
        me = self._socket.runtime.current()
        for job in list(self._names):
            if job is not me:
                job.kill()

    def reader(self, adapter: type[AbstractAdapter]) -> Reader:
        """The reader of the running job with an adapter."""
        job = self._socket.runtime.current()
        reader = self._readers.get((job, adapter))
        if reader is None:
            name = f"{type(self._socket.namespace).__qualname__}.{self._names.get(job, 'event')}"
            reader = self._readers[job, adapter] = self._socket.listeners.new_reader(adapter, name)
        self._current[job] = reader
        return reader

    def current_reader(self) -> Reader | None:
        """The reader that the running job listened with last."""
        return self._current.get(self._socket.runtime.current())

    def forget(self, job: Any) -> None:
        """A job is over: what it listened with ends."""
        self._names.pop(job, None)
        self._current.pop(job, None)
        for key in [key for key in self._readers if key[0] is job]:
            self._readers.pop(key).leave()
