"""Sessions and API keys that end, or are locked, while their sockets are open."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import psycopg2
from gevent import get_hub
from odoo.addons.web_socketio import compat, compat_auth, compat_sessions
from odoo.addons.web_socketio.authentication import UNINSTALLED, AuthenticatedNameSpace
from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import OdooSession, accepted
from odoo.addons.web_socketio.web_socketio import addon_of

from oe_web_socketio.databases import OdooDatabase
from pgsocketio import wire
from pgsocketio.server import Server
from pgsocketio.socket import NamespaceSocket

logger = logging.getLogger("oe_web_socketio")

FILES = 250
"""Session files that are looked at before others get their turn."""
CHECKS = 50
"""Sessions that Odoo is asked about in one transaction."""


class SessionWatch:
    """Looks after what lets the sockets in: session files, API keys, users, addons, databases.

    An idle look costs two queries per database, one more for all its API keys, and the stat of each
    session file. Odoo is asked about a session when its file changed, when ``auth_timeout`` may
    lock it, and after each change of Odoo's caches (signaling), because users and their passwords
    may be what changed.

    :param interval: seconds between two looks.
    """

    def __init__(self, server: Server, interval: float = 3.0) -> None:
        self._server = server
        self._interval = interval
        self._looks: Counter[str] = Counter()
        self._signals: dict[str, Any] = {}
        self._again: set[str] = set()

    def run(self) -> None:
        """Look for ever."""
        while True:
            self._server.runtime.sleep(self._interval)
            for database in list(self._server.databases.values()):
                try:
                    self.look(database)
                except psycopg2.Error as error:
                    if database.listener.ready:  # else it says itself that PostgreSQL is away
                        text = "database %r cannot be asked about sessions now: %s"
                        logger.warning(text, database.name, error)
                except Exception:
                    logger.exception("the check of sessions failed; it is repeated")

    def look(self, database: OdooDatabase) -> None:
        """Look once, and close the sockets of all that is not accepted any more.

        :raises psycopg2.Error: when the database cannot be asked; then the next look does it.
        """
        if not database.listener.ready:  # who is connected may be answered all the same
            if database.loading or not self._members(database):
                return
            reason = database.lost()
            if reason is not None:
                self._close_all(database, reason)
                return
        self._look_at(database)

    def _look_at(self, database: OdooDatabase) -> None:
        self._forget_some(database)
        self._close_uninstalled_early(database)
        with compat.root_environment(database.name) as env:
            signals = compat.signals(env)
            changed = signals != self._signals.get(database.name)
            signaled = changed or database.name in self._again
            if signaled:
                installed = partial(compat.is_installed, env.registry)
                self._close_uninstalled(database, installed)
            self._look_at_keys(database, env.cr)
        for session in self._changed(database):
            session.doubt()
        doubtful = [one for one in database.sessions if one.signals != signals]
        doubtful.sort(key=lambda one: one.signals is not None)  # what changed itself comes first
        self._ask(database, doubtful, signals)
        self._signals[database.name] = signals
        # Twice, for who was being let in meanwhile on the strength of what was true before.
        (self._again.add if changed else self._again.discard)(database.name)

    def _forget_some(self, database: OdooDatabase) -> None:
        """Forget sessions whose clients are gone: of many thousands a part, in turn."""
        self._looks[database.name] += 1
        sessions = list(database.sessions.items())
        turns = len(sessions) // 1_000 + 1
        for session, client in sessions[self._looks[database.name] % turns :: turns]:
            if client.connection.closed:
                del database.sessions[session]

    def _members(self, database: OdooDatabase) -> list[NamespaceSocket]:
        """The sockets that were let in."""
        members = self._server.members.all()
        return [one for one in members if one.scope is not None and one.scope.name == database.name]

    def _close_all(self, database: OdooDatabase, reason: str) -> None:
        for session in list(database.sessions):
            self._close(session, reason)
        for socket in self._members(database):
            socket.disconnect(reason=reason)

    def _close_uninstalled_early(self, database: OdooDatabase) -> None:
        """As soon as an addon is uninstalled: Odoo signals it, and loads its registry, later."""
        gone = compat.uninstalled(database.name)
        if gone:
            self._close_uninstalled(database, lambda addon: addon not in gone)

    def _close_uninstalled(
        self, database: OdooDatabase, installed: Callable[[str | None], bool]
    ) -> None:
        """Leave addons that were uninstalled: their namespaces, and what they run on others."""
        for socket in self._members(database):
            if not installed("web_socketio") or not installed(addon_of(type(socket.namespace))):
                socket.disconnect(reason=UNINSTALLED)
            elif isinstance(socket.namespace, OpenERPNameSpace):
                socket.namespace.end_uninstalled(installed)

    def _look_at_keys(self, database: OdooDatabase, cursor: Any) -> None:
        keys = {session: session.key for session in database.sessions if session.key is not None}
        broken = compat_auth.broken_keys(set(keys.values()), cursor) if keys else {}
        for session, key in keys.items():
            if key in broken:
                self._close(session, broken[key])

    def _changed(self, database: OdooDatabase) -> list[OdooSession]:
        """The sessions whose file changed, or that ``auth_timeout`` may have locked by now."""
        sessions = [session for session in database.sessions if session.path is not None]
        changed, now = [], time.time()
        for some in _slices(sessions, FILES):
            # In a thread: the files may lie on a network.
            stats = get_hub().threadpool.apply(_stats, [[one.path for one in some]])
            pairs = zip(some, stats)
            changed += [one for one, stat in pairs if stat != one.stat or one.due <= now]
        return changed

    def _ask(self, database: OdooDatabase, sessions: Sequence[OdooSession], signals: Any) -> None:
        """Ask Odoo about sessions, and act on its answers.

        :param signals: those that it knows of meanwhile.
        """
        for some in _slices(sessions, CHECKS):
            with compat.root_environment(database.name) as env:
                locked = {session for session in some if session.locked}
                good = accepted(some, env)
                for session in some:
                    session.signals = signals
                    if session not in good:
                        self._close(session, "session expired")
                    elif session.locked != (session in locked):
                        self._lock(session) if session.locked else self._unlock(session)
                    else:
                        self._close_unreached(session)
            self._server.runtime.sleep()

    def _sockets(self, session: OdooSession) -> list[NamespaceSocket]:
        client = session.database.sessions.get(session)
        sockets = client.sockets if client is not None else ()
        return [
            socket for socket in sockets
            if isinstance(socket.namespace, AuthenticatedNameSpace)
            and socket.namespace.is_of(session)
        ]  # fmt: skip

    def _close(self, session: OdooSession, reason: str) -> None:
        sockets = self._sockets(session)
        client = session.database.sessions.pop(session, None)
        if client is not None:
            client.session = {}
        for socket in sockets:
            socket.disconnect(reason=reason)

    def _lock(self, session: OdooSession) -> None:
        """Send a client away; when it comes back, it has to wait until the session is unlocked."""
        for socket in self._sockets(session):
            if socket.version is not None:
                socket.emit(wire.CLOSED, [{"reason": "session locked"}])
        session.database.sessions[session].connection.leave()

    def _unlock(self, session: OdooSession) -> None:
        for socket in self._sockets(session):
            self._server.runtime.spawn(self._server.admit, socket)

    def _close_unreached(self, session: OdooSession) -> None:
        """The user may be of another kind now, and not be welcome everywhere any more."""
        for socket in self._sockets(session):
            if not session.reaches(type(socket.namespace).auth):
                socket.disconnect(reason="access denied")


def _stats(paths: Iterable[str]) -> list[compat_sessions.Stat | None]:
    return [compat_sessions.file_stat(path) for path in paths]


def _slices(sessions: Sequence[OdooSession], size: int) -> Iterable[Sequence[OdooSession]]:
    return (sessions[i : i + size] for i in range(0, len(sessions), size))
