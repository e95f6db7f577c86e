"""The sessions of those who are connected to a database, and which of them to doubt."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from gevent import get_hub

from pgsocketio.files import file_stats

if TYPE_CHECKING:
    from odoo.addons.web_socketio.session import OdooSession

    from pgsocketio.client import ClientSocket

SLICE = 100
"""Session files that are compared at once."""


class _Slice(NamedTuple):
    """Some sessions, and what their files were like when Odoo was asked about them.

    :param stats: hash of them: to fetch thousands of stats from memory takes longer than that.
    """

    sessions: list[OdooSession]
    paths: list[str]
    stats: int

    @classmethod
    def of(cls, sessions: list[OdooSession]) -> _Slice:
        stats = hash(tuple(one.stat for one in sessions))
        return cls(sessions, [str(one.path) for one in sessions], stats)

    def changed(self) -> list[OdooSession]:
        """The sessions whose file is another one now."""
        stats = tuple(file_stats(self.paths))
        if hash(stats) == self.stats:
            return []
        return [one for one, stat in zip(self.sessions, stats) if stat != one.stat]


def _changed(slices: list[_Slice]) -> list[OdooSession]:
    return [session for some in slices for session in some.changed()]


class Sessions:
    """The sessions of users that are connected, with the client of each.

    Thousands of idle ones are looked at every few seconds, so what that takes lies in flat lists:
    no session is touched as long as its file and its neighbours' are what they were.

    :ivar keyed: those that came with an API key, with its id.
    """

    def __init__(self) -> None:
        self.keyed: dict[OdooSession, int] = {}
        self._clients: dict[OdooSession, ClientSocket] = {}
        self._slices: list[_Slice] | None = None
        self._due = math.inf
        self._settled: Any = None

    def __iter__(self) -> Iterator[OdooSession]:
        return iter(self._clients)

    def add(self, session: OdooSession, client: ClientSocket) -> None:
        """A client came with a session; nothing when it has left meanwhile."""
        if client.connection.closed:
            return
        self._clients[session] = client
        if session.key is not None:
            self.keyed[session] = session.key
        self.renew()

    def remove(self, session: OdooSession) -> ClientSocket | None:
        """Forget a session; returns whose it was, None when it was not there."""
        self.keyed.pop(session, None)
        self.renew()
        return self._clients.pop(session, None)

    def client(self, session: OdooSession) -> ClientSocket | None:
        """Whose session it is; None when it is forgotten."""
        return self._clients.get(session)

    def renew(self) -> None:
        """Others are to be looked at, or Odoo was asked about some."""
        self._slices = self._settled = None

    def doubtful(self, signals: Any, now: float, files: bool = True) -> list[OdooSession]:
        """Those of which Odoo may think otherwise by now; whose file changed, first.

        :param signals: of Odoo, see ``compat.signals``.
        :param now: seconds since 1970.
        :param files: whether to look at them.
        """
        for session in self._changed(now, files):
            session.doubt()
            self._settled = None  # until Odoo has answered: it may not be there just now
        if self._settled == signals:
            return []
        found = [one for one in self._clients if one.signals != signals]
        if not found:
            self._settled = signals
        return sorted(found, key=lambda one: one.signals is not None)

    def _changed(self, now: float, files: bool) -> list[OdooSession]:
        """The sessions whose file changed, or that ``auth_timeout`` may have locked by now."""
        if self._slices is None:
            self._slices = self._arrange()
        late = [one for one in self._clients if one.due <= now] if self._due <= now else []
        if files:  # in a thread: they may lie on a network
            late += get_hub().threadpool.apply(_changed, [self._slices])
        return late

    def _arrange(self) -> list[_Slice]:
        self._due = min((one.due for one in self._clients), default=math.inf)
        files = [one for one in self._clients if one.path is not None]
        return [_Slice.of(files[i : i + SLICE]) for i in range(0, len(files), SLICE)]
