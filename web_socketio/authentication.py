"""The part of Odoo's namespace that decides who may be there."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg2

from pgsocketio.errors import ConnectRefused, HandlerError, TemporarilyUnavailable
from pgsocketio.namespace import BaseNamespace

from . import compat
from .session import LEVELS, OdooSession, open_session, open_visitor
from .web_socketio import addon_of

if TYPE_CHECKING:
    from pgsocketio.server import Scope


class AuthenticatedNameSpace(BaseNamespace):
    """A namespace whose clients are users of Odoo, or visitors where it says so.

    :cvar auth: who may be here: ``'user'``: employees; ``'portal'``: whoever can log in;
        ``'public'``: everybody, a visitor too, as the website's public user.
    """

    auth: ClassVar[str] = "user"
    _session: OdooSession | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.auth not in LEVELS:
            raise ValueError(f"{cls.__qualname__}.auth is one of {LEVELS}, not {cls.auth!r}")

    def get_initial_acl(self) -> Iterable[str] | None:
        return ["on_session_id", "recv_connect", "recv_disconnect"]

    def recv_session(self) -> None:
        """Called once, when it is known who the client is: ``self.session`` is there."""

    @property
    def session(self) -> OdooSession:
        """The Odoo session; that of a user is shared by the namespaces of a connection.

        :raises HandlerError: before it is validated.
        """
        if self._session is None:
            raise HandlerError("the Odoo session is not validated yet", name="SessionExpired")
        return self._session

    def get_user(self) -> str | None:
        return None if self._session is None else str(self._session.uid)

    def authenticate(self, auth: dict[str, Any]) -> None:
        sid = auth.get("session_id")
        if not self._user and not self._open(sid or self._cookie()) and sid:
            raise ConnectRefused("session expired")
        session = self._user or self._visitor()
        if session is not None:
            self._let_in(session, auth)

    @property
    def _user(self) -> OdooSession | None:
        """The session of this connection's user, validated on whichever namespace."""
        session = self.socket.session
        return session if isinstance(session, OdooSession) else None

    def _host(self) -> str:
        return str(self.environ.get("HTTP_HOST", ""))

    def _open(self, sid: Any) -> bool:
        """Validate a session for this connection, also for namespaces that wait for one.

        :raises TemporarilyUnavailable: when the database cannot be asked now.
        """
        if not sid:
            return False
        try:
            session = open_session(self.socket.server.databases, sid, self._host())
        except psycopg2.OperationalError as error:
            raise TemporarilyUnavailable("the database of the session is away") from error
        if session is None:
            return False
        if self._user is None:
            self.socket.session = session
        return self.socket.session.sid == session.sid

    def _visitor(self) -> OdooSession | None:
        """A session of the public user, where this namespace is open to visitors."""
        if self.auth != "public":
            return None
        databases = self.socket.server.databases
        return open_visitor(databases, self._cookie(), self._host())

    def _share(self) -> None:
        """Let in the namespaces of this connection that were connected without credentials."""
        for socket in list(self.socket.client.namespaces.values()):
            socket.server.admit(socket)

    def _cookie(self) -> str | None:
        try:
            morsel = SimpleCookie(self.environ.get("HTTP_COOKIE", "")).get("session_id")
        except CookieError:
            return None
        return morsel.value if morsel else None

    def _let_in(self, session: OdooSession, auth: dict[str, Any]) -> None:
        """Refuse who may not be here and what is not installed in the session's database."""
        if not compat.is_installed(session.registry(), addon_of(type(self))):
            raise ConnectRefused("Invalid namespace")
        if not session.reaches(self.auth):
            raise ConnectRefused("access denied")
        if "allowed_company_ids" in auth:
            session.select_companies(auth["allowed_company_ids"])
        self._session = session
        self.lift_acl_restrictions()

    def get_scope(self) -> Scope | None:
        if self._session is None and self._user is not None:
            self._let_in(self._user, {})
        return None if self._session is None else self._session.database

    def on_session_id(self, session_id: Any) -> bool:
        """Validate the Odoo session of a client that has no cookies."""
        if self.socket.scope is not None:
            if self._session is not self._user:
                raise HandlerError("a visitor stays one; connect again with auth.session_id")
            return True
        if not self._open(session_id):
            raise HandlerError("session expired", name="SessionExpired")
        self._share()
        return True

    def admitted(self) -> None:
        self._share()
        self.recv_session()
