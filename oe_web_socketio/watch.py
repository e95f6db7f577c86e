"""Sessions and API keys that end, or are locked, while their sockets are open."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg2
from odoo.addons.web_socketio import compat, compat_auth
from odoo.addons.web_socketio.authentication import UNINSTALLED, AuthenticatedNameSpace
from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import OdooSession, accepted
from odoo.addons.web_socketio.web_socketio import addon_of

from oe_web_socketio.databases import OdooDatabase
from pgsocketio import wire
from pgsocketio.client import ClientSocket
from pgsocketio.server import Server
from pgsocketio.socket import NamespaceSocket

logger = logging.getLogger("oe_web_socketio")

CHECKS = 50
"""Sessions that Odoo is asked about in one transaction."""


class SessionWatch:
    """Looks after what lets the sockets in: session files, API keys, users, addons, databases.

    An idle look costs one query per database, one more for all its API keys, and every second one
    another for its addons, and the stat of each session file. Odoo is asked about a session when
    its file changed, when ``auth_timeout`` may lock it, and after each change of Odoo's caches
    (signaling), because users and their passwords may be what changed.

    :param interval: seconds between two looks.
    """

    def __init__(self, server: Server, interval: float = 2.2) -> None:
        self._server = server
        self._interval = interval
        self._signals: dict[str, Any] = {}
        self._again: set[str] = set()
        server.forget = self._forget

    def run(self) -> None:
        """Look for ever."""
        for whole in itertools.cycle((True, False)):
            self._server.runtime.sleep(self._interval)
            for database in list(self._server.databases.values()):
                try:
                    self.look(database, whole)
                except psycopg2.Error as error:
                    if database.listener.ready:  # else it says itself that PostgreSQL is away
                        text = "database %r cannot be asked about sessions now: %s"
                        logger.warning(text, database.name, error)
                except Exception:
                    logger.exception("the check of sessions failed; it is repeated")

    def look(self, database: OdooDatabase, whole: bool = True) -> None:
        """Look once, and close the sockets of all that is not accepted any more.

        :param whole: at addons and session files, too, not only at API keys and what Odoo signals.
        :raises psycopg2.Error: when the database cannot be asked; then the next look does it.
        """
        if not database.listener.ready:  # who is connected may be answered all the same
            if database.loading or not self._members(database):
                return
            reason = database.lost()
            if reason is not None:
                self._close_all(database, reason)
                return
        self._look_at(database, whole)

    def _look_at(self, database: OdooDatabase, whole: bool) -> None:
        if whole:
            self._close_uninstalled_early(database)
        with compat.root_environment(database.name) as env:
            signals = compat.signals(env)
            changed = signals != self._signals.get(database.name)
            signaled = changed or database.name in self._again
            if signaled:
                installed = partial(compat.is_installed, env.registry)
                self._close_uninstalled(database, installed)
            self._look_at_keys(database, env.cr)
        self._ask(database, database.sessions.doubtful(signals, time.time(), whole), signals)
        self._signals[database.name] = signals
        # Twice, for who was being let in meanwhile on the strength of what was true before.
        (self._again.add if changed else self._again.discard)(database.name)

    @staticmethod
    def _forget(client: ClientSocket) -> None:
        """A client is gone."""
        if isinstance(client.session, OdooSession):
            client.session.database.sessions.remove(client.session)

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
        keys = database.sessions.keyed
        broken = compat_auth.broken_keys(set(keys.values()), cursor) if keys else {}
        for session, key in list(keys.items()):
            if key in broken:
                self._close(session, broken[key])

    def _ask(self, database: OdooDatabase, sessions: Sequence[OdooSession], signals: Any) -> None:
        """Ask Odoo about sessions, and act on its answers.

        :param signals: those that it knows of meanwhile.
        """
        for start in range(0, len(sessions), CHECKS):
            some = sessions[start : start + CHECKS]
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
            database.sessions.renew()
            self._server.runtime.sleep()

    def _sockets(self, session: OdooSession) -> list[NamespaceSocket]:
        client = session.database.sessions.client(session)
        sockets = client.sockets if client is not None else ()
        return [
            socket for socket in sockets
            if isinstance(socket.namespace, AuthenticatedNameSpace)
            and socket.namespace.is_of(session)
        ]  # fmt: skip

    def _close(self, session: OdooSession, reason: str) -> None:
        sockets = self._sockets(session)
        client = session.database.sessions.remove(session)
        if client is not None:
            client.session = {}
        for socket in sockets:
            socket.disconnect(reason=reason)

    def _lock(self, session: OdooSession) -> None:
        """Send a client away; when it comes back, it has to wait until the session is unlocked."""
        for socket in self._sockets(session):
            if socket.version is not None:
                socket.emit(wire.CLOSED, [{"reason": "session locked"}])
        client = session.database.sessions.client(session)
        if client is not None:
            client.connection.leave()

    def _unlock(self, session: OdooSession) -> None:
        for socket in self._sockets(session):
            self._server.runtime.spawn(self._server.admit, socket)

    def _close_unreached(self, session: OdooSession) -> None:
        """The user may be of another kind now, and not be welcome everywhere any more."""
        for socket in self._sockets(session):
            if not session.reaches(type(socket.namespace).auth):
                socket.disconnect(reason="access denied")
