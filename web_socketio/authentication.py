"""The part of Odoo's namespace that decides who may be there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

import psycopg2
from werkzeug.http import parse_cookie

from pgsocketio.errors import ConnectRefused, Disconnected, HandlerError, TemporarilyUnavailable
from pgsocketio.namespace import BaseNamespace
from pgsocketio.rates import network_key

from . import compat
from .credentials import Denied, gate, open_key, open_session, open_visitor
from .session import LEVELS, OdooSession
from .web_socketio import addon_of

if TYPE_CHECKING:
    from pgsocketio.scope import Scope

SECRETS = ("api_key", "session_id")
UNINSTALLED = "the addon was uninstalled"
"""What clients are told then."""


class AuthenticatedNameSpace(BaseNamespace):
    """A namespace whose clients are users of Odoo, or visitors where it says so.

    :cvar auth: who may be here: ``'user'``: employees; ``'portal'``: whoever can log in;
        ``'public'``: everybody, a visitor too, as the website's public user.
    """

    auth: ClassVar[str] = "user"
    _session: OdooSession | None = None
    _companies: Any = None

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

    def process_packet(self, packet: dict[str, Any]) -> Any:
        if self.socket.gone == UNINSTALLED:
            return None  # not even recv_disconnect: no code of the addon runs any more
        return super().process_packet(packet)

    # -- credentials -------------------------------------------------------------------------

    def authenticate(self, auth: dict[str, Any]) -> None:
        if any(name in parse_qs(self.environ.get("QUERY_STRING", "")) for name in SECRETS):
            raise ConnectRefused("credentials in the URL end up in logs: send them in auth")
        self._companies = auth.get("allowed_company_ids")
        try:
            if self._user is None:
                self._identify(auth)
            session = self._user or self._visitor(auth)
            if session is not None and not session.locked:
                self._let_in(session)
        except HandlerError as error:  # no cursor is free
            raise TemporarilyUnavailable(str(error)) from error

    @property
    def _user(self) -> OdooSession | None:
        """The session of this connection's user, validated on whichever namespace."""
        session = self.socket.session
        return session if isinstance(session, OdooSession) else None

    def _host(self) -> str:
        """The host name that the client asked for; X-Forwarded-Host is a trusted proxy's."""
        forwarded = self.environ.get("HTTP_X_FORWARDED_HOST", "").rpartition(",")[2].strip()
        return str(forwarded or self.environ.get("HTTP_HOST", ""))

    @property
    def _address(self) -> str:
        """What the client's failures are counted by."""
        return network_key(self.environ.get("REMOTE_ADDR", ""))

    def _cookie(self) -> str | None:
        """The session id of a browser, found among its cookies as Odoo finds it."""
        try:
            return parse_cookie(self.environ).get("session_id")
        except UnicodeError:
            return None

    def _wanted_database(self, auth: dict[str, Any]) -> Any:
        return auth.get("db") or self.environ.get("HTTP_X_ODOO_DATABASE")

    def _identify(self, auth: dict[str, Any]) -> None:
        """Find whose the credentials are, for all namespaces of this connection.

        :raises ConnectRefused: when they were given and are not good; a cookie is not given.
        """
        key, sid = (auth.get(name) for name in SECRETS)
        try:
            if key:  # takes a while to check, unlike the id of a session that there is not
                with gate.turn(self._address):
                    self._open(open_key, key, self._wanted_database(auth))
            elif sid or self._cookie():
                self._open(open_session, sid or self._cookie())
        except Denied as denied:
            if key or sid:
                raise ConnectRefused(denied.answer) from denied
        if sid and not key and self._user is None:
            raise ConnectRefused("session expired")

    def _open(self, find: Any, *credentials: Any) -> None:
        """Ask for the session of credentials; what fails is counted and logged.

        :raises Denied: when they are not good.
        :raises TemporarilyUnavailable: when the database cannot be asked now.
        """
        server, connection = self.socket.server, self.socket.client.connection
        address = self._address
        if gate.is_closed(address):
            server.crossed("auth_throttled", connection, "too many wrong credentials")
            connection.leave()
            raise Disconnected
        try:
            session = find(server.databases, *credentials, self._host())
        except Denied as denied:
            gate.failed(address)
            server.crossed("auth_failures", connection, str(denied))
            raise
        except psycopg2.OperationalError as error:
            raise TemporarilyUnavailable("the database of the session is away") from error
        if session is not None and self._user is None:
            self.socket.session = session
            session.database.sessions.add(session, self.socket.client)

    def _visitor(self, auth: dict[str, Any]) -> OdooSession | None:
        """A session of the public user, where this namespace is open to visitors."""
        if self.auth != "public":
            return None
        databases, wanted = self.socket.server.databases, self._wanted_database(auth)
        return open_visitor(databases, self._cookie(), wanted, self._host())

    # -- let in ------------------------------------------------------------------------------

    def _let_in(self, session: OdooSession) -> None:
        """Refuse who may not be here and what is not installed in the session's database."""
        if not compat.is_installed(session.registry(), addon_of(type(self))):
            raise ConnectRefused("Invalid namespace")
        if not session.reaches(self.auth):
            raise ConnectRefused("access denied")
        if self._companies is not None:
            session.select_companies(self._companies)
        self._session = session
        self.lift_acl_restrictions()

    def get_scope(self) -> Scope | None:
        user = self._user
        if self._session is None and user is not None and not user.locked:
            self._let_in(user)
        return None if self._session is None else self._session.database

    def is_of(self, session: OdooSession) -> bool:
        """Whether it has a session, or would be let in with that of its connection."""
        return self._session is session or self._session is None

    def may_wait(self) -> bool:
        return self._user is not None and self._user.locked

    def on_session_id(self, session_id: Any) -> bool:
        """Validate the Odoo session of a client that has no cookies."""
        if self._session is not None and self._session is not self._user:
            raise HandlerError("a visitor stays one; connect again with auth.session_id")
        if self._user is None and session_id:
            try:
                self._open(open_session, session_id)
            except Denied as denied:
                raise HandlerError(denied.answer, name="SessionExpired") from denied
        if self._user is None:
            raise HandlerError("session expired", name="SessionExpired")
        self._share()
        return True

    def _share(self) -> None:
        """Let in the namespaces of this connection that were connected without credentials."""
        for socket in list(self.socket.client.namespaces.values()):
            socket.server.admit(socket)

    def admitted(self) -> None:
        self._share()
        self.recv_session()
