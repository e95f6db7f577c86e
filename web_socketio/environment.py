"""The ORM for a handler: bounded cursors, and models that are called as over RPC."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from odoo.api import Environment

from pgsocketio.errors import HandlerError

from . import compat

if TYPE_CHECKING:
    from .session import OdooSession


class Cursors:
    """At most so many cursors of one database at once; Odoo's pool raises when it is full.

    :param limit: of cursors.
    :param timeout: seconds that a handler waits for one.
    """

    def __init__(self, limit: int, timeout: float = 30.0) -> None:
        self.limit, self.timeout = limit, timeout
        self.in_use = 0
        self._free = threading.BoundedSemaphore(limit)
        self._own = threading.local()

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """The right to open a cursor, and others inside of it.

        Those inside are not counted: handlers that each have one and want one more would all wait.

        :raises HandlerError: when none becomes free in time.
        """
        if getattr(self._own, "taken", False):
            yield
        else:
            with self._counted():
                yield

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        if not self._free.acquire(timeout=self.timeout):
            raise HandlerError(
                f"The server is busy: all {self.limit} database cursors were in use for "
                f"{self.timeout:.0f} s. Try again; the administrator can raise --max-cursor.",
                name="Busy",
            )
        self.in_use += 1
        self._own.taken = True
        try:
            yield
        finally:
            self._own.taken = False
            self.in_use -= 1
            self._free.release()


class ModelProxy:
    """``model('res.partner')``: each call in a transaction of its own, as the session's user.

    An id or list of ids comes first unless the method is ``@api.model``; ``context=`` is merged
    into the user's; recordsets come back as ids. Server code: private methods may be called.
    """

    __slots__ = ("_name", "_session")

    def __init__(self, session: OdooSession, name: str) -> None:
        self._session = session
        self._name = name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("__"):
            raise AttributeError(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._session.run(
                lambda env: compat.call_kw(env[self._name], method, args, kwargs)
            )

        call.__name__ = call.__qualname__ = f"{self._name}.{method}"
        return call

    def __repr__(self) -> str:
        return f"<model {self._name!r} of {self._session!r}>"


def run(session: OdooSession, function: Callable[[Environment], Any]) -> Any:
    """Call a function with an environment, commit; again after a serialization failure.

    :raises HandlerError: when no cursor becomes free.
    """
    with session.database.cursors.slot():
        registry = compat.registry(session.db)
        with registry.cursor() as cursor:
            env = session.enter(compat.new_environment(cursor, session.uid))
            return compat.retrying(lambda: function(env), env)


@contextlib.contextmanager
def environment(session: OdooSession) -> Iterator[Environment]:
    """An environment for several calls in one transaction, committed at the end of the block."""
    with session.database.cursors.slot():
        registry = compat.registry(session.db)
        with registry.cursor() as cursor, compat.committing(cursor, registry, session.uid) as env:
            yield session.enter(env)
