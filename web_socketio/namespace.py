"""The namespace of Odoo: a validated session, the ORM, and messages to listen to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

import psycopg2
from odoo.addons.web_socketio import compat
from odoo.addons.web_socketio.environment import ModelProxy
from odoo.addons.web_socketio.session import OdooSession, open_session
from odoo.addons.web_socketio.web_socketio import addon_of
from odoo.api import Environment
from odoo.exceptions import RedirectWarning, UserError

from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import ConnectRefused, HandlerError, TemporarilyUnavailable
from pgsocketio.log.publisher import publish
from pgsocketio.namespace import BaseNamespace
from pgsocketio.reader import Reader

if TYPE_CHECKING:
    from pgsocketio.server import Scope

_logger = logging.getLogger(__name__)


class OpenERPNameSpace(BaseNamespace):
    """One client of Odoo on one namespace.

    Until the Odoo session is validated only ``on_session_id``, connect and disconnect are called; a
    browser brings it as cookie, so there it is validated before :meth:`recv_connect`.

    :cvar adapterClass: the adapter of :meth:`listen`, unless it is given one.
    """

    adapterClass: type[AbstractAdapter] | None = None
    _locked = True

    # -- who it is ---------------------------------------------------------------------------

    def get_initial_acl(self) -> Iterable[str] | None:
        return ["on_session_id", "recv_connect", "recv_disconnect"]

    def recv_session(self) -> None:
        """Called once, when the Odoo session has been validated: ``self.session`` is there."""

    @property
    def session(self) -> OdooSession:
        """The Odoo session, shared by the namespaces of a connection.

        :raises HandlerError: before it is validated.
        """
        session = self.socket.session
        if not isinstance(session, OdooSession):
            raise HandlerError("the Odoo session is not validated yet", name="SessionExpired")
        return session

    def authenticate(self, auth: dict[str, Any]) -> None:
        sid = auth.get("session_id")
        if not self._is_known() and not self._open(sid or self._cookie()) and sid:
            raise ConnectRefused("session expired")
        if self._is_known():
            self._let_in(auth)

    def _is_known(self) -> bool:
        """Whether a session of this connection was validated, on whichever namespace."""
        return isinstance(self.socket.session, OdooSession)

    def _open(self, sid: Any) -> bool:
        """Validate a session for this connection, also for namespaces that wait for one.

        :raises TemporarilyUnavailable: when the database cannot be asked now.
        """
        if not sid:
            return False
        databases, host = self.socket.server.databases, self.environ.get("HTTP_HOST", "")
        try:
            session = open_session(databases, sid, host)
        except psycopg2.OperationalError as error:
            raise TemporarilyUnavailable("the database of the session is away") from error
        if session is None:
            return False
        if not self._is_known():
            self.socket.session = session
        return self.session.sid == session.sid

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

    def _let_in(self, auth: dict[str, Any]) -> None:
        """Refuse what is not installed in the session's database; select companies."""
        if not compat.is_installed(self.session.registry(), addon_of(type(self))):
            raise ConnectRefused("Invalid namespace")
        if "allowed_company_ids" in auth:
            self.session.select_companies(auth["allowed_company_ids"])
        self._locked = False
        self.lift_acl_restrictions()

    def get_scope(self) -> Scope | None:
        if not self._is_known():
            return None
        if self._locked:
            self._let_in({})
        return self.session.database

    def on_session_id(self, session_id: Any) -> bool:
        """Validate the Odoo session of a client that has no cookies."""
        if self.socket.scope is not None:
            return True
        if not self._open(session_id):
            raise HandlerError("session expired", name="SessionExpired")
        self._share()
        return True

    def admitted(self) -> None:
        self._share()
        self.recv_session()

    def on_allowed_company_ids(self, company_ids: Any) -> list[int]:
        """The user selected other companies; returns those that were taken."""
        return self.session.select_companies(company_ids)

    # -- the ORM -----------------------------------------------------------------------------

    def model(self, name: str) -> ModelProxy:
        """A model whose methods are called as the user, each in a transaction of its own."""
        return self.session.model(name)

    def environment(self) -> AbstractContextManager[Environment]:
        """An environment for several calls in one transaction."""
        return self.session.environment()

    def notify(self, channel: str, **values: Any) -> None:
        """Publish a message, in a transaction of its own.

        Delivery: to every listener that is there or comes back within the retention.

        :raises NotEncodable: naming the key that cannot travel.
        """
        database, uid = self.session.database, self.session.uid
        with database.cursor() as cursor:
            publish(cursor, channel, values, uid=uid)

    # -- messages ----------------------------------------------------------------------------

    def listen(
        self,
        *args: Any,
        adapterClass: type[AbstractAdapter] | None = None,
        timeout: float | None = None,
    ) -> list[Any]:
        """Wait for messages. Each job has a mailbox of its own.

        :param args: handed to the adapter; an adapter class as the first is the adapter.
        :param adapterClass: default: the attribute of the class.
        :param timeout: seconds, None: for ever.
        :returns: messages as the adapter formats them, in order; empty when time is over.
        :raises TypeError: without adapter.
        """
        if args and isinstance(args[0], type) and issubclass(args[0], AbstractAdapter):
            adapterClass, args = args[0], args[1:]
        adapter = adapterClass or self.adapterClass
        if adapter is None:
            raise TypeError("listen() needs an adapter: give adapterClass=, or set the attribute")
        return self.socket.jobs.reader(adapter).listen(*args, timeout=timeout)

    def _reader(self) -> Reader | None:
        return self.socket.jobs.current_reader()

    def validate(self, ok: bool = True) -> None:
        """Say whether the messages of the last :meth:`listen` are done with.

        :param ok: False: the next ``listen`` returns them again.
        """
        reader = self._reader()
        if reader is not None:
            reader.validate(ok)

    def emit(self, event: str, *args: Any, callback: Callable[..., Any] | None = None) -> None:
        reader = self._reader()
        envelope = reader.envelope(event, args) if reader is not None else None
        self.socket.emit(event, args, callback, envelope)

    def secure_emit(self, event: str, *args: Any) -> bool:
        """Emit, and wait until the client's handlers have returned.

        Delivery: what :meth:`listen` returned stays until it is acknowledged, and comes again.

        :returns: whether the client acknowledged.
        """
        reader = self._reader()
        if reader is not None:
            return reader.secure_emit(event, *args)
        return self.socket.emit_and_wait(event, args)

    # -- errors ------------------------------------------------------------------------------

    def exception_handler(self, error: Exception, method_name: str) -> dict[str, str]:
        """What a client may know: the text of a UserError, and nothing of other exceptions."""
        if isinstance(error, (RedirectWarning, UserError)):
            text = compat.message_of(error, lambda: self.session.context["lang"])
            return {"name": type(error).__name__, "message": text}
        if compat.is_concurrency_error(error):
            _logger.warning("%s.%s gave up: %s", type(self).__qualname__, method_name, error)
            return {"name": "ConcurrencyError", "message": "try again"}
        return super().exception_handler(error, method_name)
