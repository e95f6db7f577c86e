"""The Odoo session of a client, and the base class of adapters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from odoo.api import Environment

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.files import Stat

from . import compat, compat_auth, compat_sessions
from . import environment as orm

if TYPE_CHECKING:
    from oe_web_socketio.databases import OdooDatabase

__all__ = ["AbstractAdapter", "OdooSession"]

_logger = logging.getLogger(__name__)

LEVELS = ("public", "portal", "user")
"""Kinds of users, each of which may be where those before it may."""


class OdooSession:
    """An Odoo session that was found valid; shared by the namespaces of a client.

    :ivar sid: session id; it changes when Odoo rotates the session. None with an API key, and for a
        visitor.
    :ivar key: id of the API key, None for the others.
    :ivar level: kind of user: ``'user'``, ``'portal'`` or ``'public'``.
    :ivar locked: whether Odoo asks this user for the password again.
    :ivar uid: id of the user.
    :ivar db: name of the database.
    :ivar login: of the user.
    :ivar allowed_company_ids: what the user selected in the web client, checked.
    :ivar signals: of Odoo, since which it was asked about this session; see ``compat.signals``.
    """

    def __init__(
        self, database: OdooDatabase, sid: str | None, uid: int, login: str = ""
    ) -> None:
        self.database = database
        self.sid, self.uid, self.login = sid, uid, login
        self.key: int | None = None
        self.level, self.locked = "public", False
        self.db: str = database.name
        self.allowed_company_ids: list[int] = []
        self.path: str | None = None
        self.stat: Stat | None = None
        self.due = compat_sessions.NEVER
        self.signals: Any = None
        self._stored: compat_sessions.Stored | None = None

    def __repr__(self) -> str:
        return f"<session of uid {self.uid} in {self.db!r}>"  # the id is a secret

    def reaches(self, level: str) -> bool:
        """Whether the user may be where a kind of users is asked for."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def enter(self, env: Environment) -> Environment:
        """An environment with the context of this session."""
        context = compat.user_context(env)
        if self.allowed_company_ids:
            allowed = compat.company_ids(env)  # a user may lose some while connected
            context["allowed_company_ids"] = [i for i in self.allowed_company_ids if i in allowed]
        return env(context=context)

    @property
    def context(self) -> dict[str, Any]:
        """Language, timezone and companies of the user, as Odoo has them now."""
        return self.run(lambda env: dict(env.context))

    def model(self, name: str) -> orm.ModelProxy:
        """A model whose methods are called as the session's user, each in its own transaction."""
        return orm.ModelProxy(self, name)

    def environment(self) -> AbstractContextManager[Environment]:
        """An environment for several calls in one transaction, committed at the end of the block.

        ::

            with session.environment() as env:
                env["res.partner"].browse(1).name = "Ada"
        """
        return orm.environment(self)

    def registry(self) -> Any:
        """The registry of the database, as new as its signaling says."""
        with self.database.cursors.slot():
            return compat.registry(self.db)

    def run(self, function: Callable[[Environment], Any]) -> Any:
        """Call ``function(env)`` and commit; it may run again after a serialization failure."""
        return orm.run(self, function)

    def select_companies(self, company_ids: Any) -> list[int]:
        """Take the companies that a client selected, as far as its user may.

        :returns: those that were taken.
        """
        wanted = [i for i in company_ids if type(i) is int] if isinstance(company_ids, list) else []
        self.allowed_company_ids = []
        if wanted:
            allowed = self.run(compat.company_ids)
            self.allowed_company_ids = [company for company in wanted if company in allowed]
        return self.allowed_company_ids

    def doubt(self) -> None:
        """Have its file read again, and Odoo asked again, by whoever looks after it."""
        self._stored = self.signals = None

    def _read(self) -> bool:
        """Read its file, unless that is known. Follows a rotation.

        :returns: whether it is there, and still the session of this user.
        """
        if self._stored is None:
            found = compat_sessions.load_session(self.sid)
            if found is None or (found.uid, found.db) != (self.uid, self.db):
                return False
            self._stored, self.sid, self.stat = found, found.sid, found.stat
            self.path = compat_sessions.session_path(found.sid)
        return True


def accepted(sessions: Iterable[OdooSession], env: Environment) -> set[OdooSession]:
    """Ask Odoo about sessions, at once: which it accepts. These learn as what.

    :param env: of the superuser.
    """
    asked = [session for session in sessions if session.sid is None or session._read()]
    verdicts = compat_auth.judge([(session.uid, session._stored) for session in asked], env)
    good = set()
    for session, verdict in zip(asked, verdicts):
        if verdict is not None:
            session.level, session.locked, session.due = verdict
            good.add(session)
    return good
