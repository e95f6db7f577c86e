"""The Odoo session of a client, and the base class of adapters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from odoo.api import Environment

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import ConnectRefused

from . import compat
from . import environment as orm

if TYPE_CHECKING:
    from oe_web_socketio.databases import OdooDatabase

__all__ = ["AbstractAdapter", "OdooSession"]

_logger = logging.getLogger(__name__)

LEVELS = ("public", "portal", "user")
"""Kinds of users, each of which may be where those before it may."""


class OdooSession:
    """An Odoo session that was found valid; shared by the namespaces of a client.

    :ivar sid: session id; it changes when Odoo rotates the session. None for a visitor.
    :ivar level: kind of user: ``'user'``, ``'portal'`` or ``'public'``.
    :ivar uid: id of the user.
    :ivar db: name of the database.
    :ivar login: of the user.
    :ivar allowed_company_ids: what the user selected in the web client, checked.
    """

    def __init__(
        self, database: OdooDatabase, sid: str | None, uid: int, login: str = ""
    ) -> None:
        self.database = database
        self.level = "public"
        self.sid, self.uid, self.login = sid, uid, login
        self.db: str = database.name
        self.allowed_company_ids: list[int] = []
        self.stat = compat.session_stat(sid) if sid else None

    def __repr__(self) -> str:
        return f"<session of uid {self.uid} in {self.db!r}>"  # the id is a secret

    def reaches(self, level: str) -> bool:
        """Whether the user may be where a kind of users is asked for."""
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def enter(self, env: Environment) -> Environment:
        """An environment with the context of this session."""
        context = compat.user_context(env)
        if self.allowed_company_ids:
            context["allowed_company_ids"] = list(self.allowed_company_ids)
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

    def is_valid(self) -> bool:
        """Whether Odoo still accepts the session. Follows a rotation; saves nothing.

        :raises psycopg2.Error: when the database cannot be asked.
        """
        data = compat.load_session(self.sid)
        if data is None or data.uid != self.uid or data.db != self.db:
            return False
        stat = compat.session_stat(data.sid)
        level = self.run(lambda env: compat.session_level(data, env))
        if level is None:
            return False
        self.sid, self.stat, self.level = data.sid, stat, level
        return True


def open_session(databases: dict[str, OdooDatabase], sid: Any, host: str) -> OdooSession | None:
    """The session of an id, when Odoo accepts it.

    :param databases: those that this server serves, by name.
    :param host: that the client asked for; Odoo's db filter looks at it.
    :returns: None for an unknown, expired or public session.
    :raises ConnectRefused: for a session of a database that is not served.
    :raises TemporarilyUnavailable: when its database is away.
    """
    data = compat.load_session(sid)
    if data is None or not data.uid or not data.db or not compat.host_allows(data.db, host):
        return None
    database = databases.get(data.db)
    if database is None:
        raise ConnectRefused("this server does not serve the database of the session")
    database.need_ready()
    session = OdooSession(database, data.sid, data.uid, data.login or "")
    return session if session.is_valid() else None


def open_visitor(databases: dict[str, OdooDatabase], sid: Any, host: str) -> OdooSession | None:
    """A session of the public user, in the database that Odoo would choose for a visitor.

    :param sid: of the visitor's own session, which may name the database; or None.
    :param host: that the client asked for; Odoo's db filter and websites look at it.
    :returns: None when that is no database served here.
    :raises TemporarilyUnavailable: when the database is away.
    """
    data = compat.load_session(sid)
    named = data is not None and data.db
    names = [named] if named and compat.host_allows(named, host) else list(databases)
    allowed = [name for name in names if name in databases and compat.host_allows(name, host)]
    if len(allowed) != 1:
        return None
    database = databases[allowed[0]]
    database.need_ready()
    session = OdooSession(database, None, compat.SUPERUSER_ID)
    session.uid = session.run(lambda env: compat.public_user(env, host))
    return session
