"""Sessions that end while their sockets are open."""

from __future__ import annotations

import logging
from typing import Any

import psycopg2
from odoo.addons.web_socketio import compat
from odoo.addons.web_socketio.session import OdooSession
from odoo.addons.web_socketio.web_socketio import addon_of

from pgsocketio.errors import HandlerError
from pgsocketio.server import Server

logger = logging.getLogger("oe_web_socketio")


class SessionWatch:
    """Looks after the sessions of all sockets, each session once.

    A file whose stat did not change is not read; after a change of Odoo's caches (signaling) every
    session is asked for again, because users and their passwords may be what changed.

    :param interval: seconds between two looks.
    """

    def __init__(self, server: Server, interval: float = 3.0) -> None:
        self._server = server
        self._interval = interval
        self._signals: dict[str, Any] = {}

    def run(self) -> None:
        """Look for ever."""
        while True:
            self._server.runtime.sleep(self._interval)
            try:
                self.look()
            except Exception:
                logger.exception("the check of sessions failed; it is repeated")

    def look(self) -> None:
        """Look once, and close the sockets of sessions that Odoo no longer accepts."""
        sessions: dict[OdooSession, list[Any]] = {}
        for socket in self._server.members.all():
            session = getattr(socket.namespace, "session", None)
            if isinstance(session, OdooSession) and session.sid:
                sessions.setdefault(session, []).append(socket)
        signaled = {name for name in {session.db for session in sessions} if self._signaled(name)}
        for name in signaled:
            self._close_uninstalled(name)
        for session, sockets in sessions.items():
            changed = compat.session_stat(session.sid) != session.stat
            if (changed or session.db in signaled) and not self._is_valid(session):
                for socket in sockets:
                    socket.disconnect(reason="session expired")

    def _signaled(self, database: str) -> bool:
        """Whether Odoo's caches of a database were invalidated since the last look, if any."""
        try:
            now = compat.signaling(database)
        except (psycopg2.Error, HandlerError) as error:
            logger.warning("database %r cannot be asked about sessions now: %s", database, error)
            return False
        if now == self._signals.get(database):
            return False
        self._signals[database] = now
        return True

    def _close_uninstalled(self, database: str) -> None:
        """Take up an addon that was installed, and leave one that was uninstalled."""
        registry = compat.registry(database)
        for socket in self._server.members.all():
            if socket.scope is not None and socket.scope.name == database:
                if not compat.is_installed(registry, addon_of(type(socket.namespace))):
                    socket.disconnect(reason="the addon was uninstalled")

    @staticmethod
    def _is_valid(session: OdooSession) -> bool:
        try:
            return session.is_valid()
        except (psycopg2.Error, HandlerError) as error:
            logger.warning("%r cannot be checked now: %s", session, error)
            return True
