"""The Odoo session of a client, and the base class of adapters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from odoo.api import Environment

from pgsocketio.adapter import AbstractAdapter

from . import compat, compat_auth
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
        self.stat: compat_auth.Stat | None = None
        self.due = compat_auth.NEVER

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

    def check(self, env: Environment) -> bool:
        """Ask Odoo again: whether it still accepts the session, and as what. Follows a rotation.

        :param env: of the superuser.
        """
        if self.sid is None:
            user = env["res.users"].browse(self.uid).exists()
            self.level = compat_auth.user_level(user) if user.active else "public"
            return bool(user.active)
        found = compat_auth.load_session(self.sid)
        if found is None or (found[0].uid, found[0].db) != (self.uid, self.db):
            return False
        data, stat = found
        verdict = compat_auth.judge(data, env)
        if verdict is None:
            return False
        self.sid, self.path, self.stat = data.sid, compat_auth.session_path(data.sid), stat
        self.level, self.locked, self.due = verdict
        return True
