"""Socket.IO beside a TurboGears application: who connects, and what surrounds an event."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgsocketio.errors import ConnectRefused, Disconnected, TemporarilyUnavailable
from pgsocketio.namespace import BaseNamespace
from pgsocketio.runtime import Runtime
from pgsocketio.server import Server
from pgsocketio.settings import ServerSettings
from pgsocketio.socket import NamespaceSocket

from . import tgcompat
from .handshake import NOT_MOUNTED, Knock, Visitor, WSGIApplication, knock
from .identity import identity_for_event, rights
from .scopes import scope_of

if TYPE_CHECKING:
    from pgsocketio.engine import Connection, Prepared

logger = logging.getLogger("tgext.socketio")

class _AnyNamespace(Mapping[str, type[BaseNamespace]]):
    """Which namespaces there are is known once the handshake has reached a controller."""

    def __getitem__(self, _name: str) -> type[BaseNamespace]:
        return BaseNamespace

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class TGServer(Server):
    """The Socket.IO server of a TurboGears application.

    :param application: the complete WSGI application.
    :param resource: path where the :class:`~tgext.socketio.SocketIOController` is mounted.
    :ivar about: tells of the process what its database shows to those who run it.
    """

    def __init__(
        self,
        application: WSGIApplication,
        resource: str,
        runtime: Runtime,
        prepare: Callable[[Sequence[str | bytes]], Prepared],
        settings: ServerSettings = ServerSettings(),
    ) -> None:
        super().__init__(_AnyNamespace(), runtime, prepare, settings)
        self.application = application
        self.resource = resource.strip("/")
        self.about: Callable[[], dict[str, Any]] = dict
        self._surroundings: tgcompat.Application | None = None
        self._visitors: dict[str, Visitor] = {}

    # -- who connects ------------------------------------------------------------------------

    def create(
        self, socket: NamespaceSocket, _namespace_class: type[BaseNamespace]
    ) -> BaseNamespace:
        visitor = self._visitor(socket.client.connection)
        namespace_class = visitor.namespaces.get(socket.name)
        if namespace_class is None:
            raise ConnectRefused("Invalid namespace")
        environ = self.environ(socket)
        request = tgcompat.new_request(environ, visitor.identity)
        return namespace_class(environ, socket.name, request)

    def environ(self, socket: NamespaceSocket) -> dict[str, Any]:
        """The environ of the handshake, as the application's middlewares left it."""
        visitor = self._visitors.get(socket.client.connection.sid)
        if visitor is None:
            return super().environ(socket)
        return {**visitor.environ, "socketio": socket}

    def _visitor(self, connection: Connection) -> Visitor:
        """Who is at the other end; the first to ask sends the handshake through the application."""
        known = self._visitors.get(connection.sid)
        if known is not None:
            return known
        visitor = self._enter(connection)
        if connection.closed:  # meanwhile
            return visitor
        return self._visitors.setdefault(connection.sid, visitor)

    def _enter(self, connection: Connection) -> Visitor:
        raw = connection.environ
        try:
            answer = knock(self.application, raw, self.resource)
        except Exception as error:
            logger.exception("the application failed while a client connected")
            raise TemporarilyUnavailable("the application failed") from error
        if answer.namespaces is not None:
            self.surround(answer)
            return Visitor(raw, answer)
        if answer.status.startswith("5"):
            raise TemporarilyUnavailable(f"the application answered {answer.status}")
        if answer.status.startswith("404"):
            logger.error(NOT_MOUNTED, self.resource)
        raise ConnectRefused(f"refused: {answer.status}", {"status": int(answer.status[:3])})

    def surround(self, answer: Knock) -> None:
        """Learn the application's configuration from a handshake that was let in."""
        if self._surroundings is None:
            assert answer.config is not None
            self._surroundings = tgcompat.Application(answer.config)
            self.scope = scope_of(self, answer.config)

    def on_close(self, connection: Connection, reason: str) -> None:
        super().on_close(connection, reason)
        # In turn after recv_disconnect of each namespace, which still needs its visitor.
        self.runtime.spawn(self._visitors.pop, connection.sid, None)

    # -- what surrounds an event ---------------------------------------------------------------

    def in_event(self, socket: NamespaceSocket, function: Callable[[Any], Any]) -> Any:
        """Call a function with TurboGears' context around it, as around a controller's method.

        :param function: gets the context.
        :returns: what it returned; by then the transaction is committed and the session saved.
        :raises Disconnected: when the client is gone.
        """
        assert self._surroundings is not None
        visitor = self._visitors.get(socket.client.connection.sid)
        if visitor is None:
            raise Disconnected()
        environ = {**visitor.environ, "socketio": socket}
        identity = identity_for_event(self._surroundings.config, visitor.identity)
        if identity is not None:
            environ["repoze.who.identity"] = environ["repoze.what.credentials"] = identity
        result, response = self._surroundings.run(environ, identity, function)
        cookies = [text for name, text in response.headerlist if name.lower() == "set-cookie"]
        if cookies:
            visitor.keep_cookies(cookies)
        return result

    # -- identity ----------------------------------------------------------------------------

    def check_identities(self) -> None:
        """Ask the application again who each client is.

        A client whose rights are other ones now loses its transport, on which it comes back by
        itself, with the cookies of now and without what it may not have any more.
        """
        for connection_id, visitor in list(self._visitors.items()):
            self.runtime.sleep(0)
            if self._visitors.get(connection_id) is visitor and not self._is_as_before(visitor):
                self.counters["identity_changes"] += 1
                self._send_away(connection_id)

    def _is_as_before(self, visitor: Visitor) -> bool:
        try:
            answer = knock(self.application, dict(visitor.raw), self.resource)
        except Exception:
            logger.exception("a client's identity could not be read again; the old one counts")
            return True
        if answer.environ is None:
            return answer.status.startswith("5")
        before = rights(visitor.identity)
        visitor.know(answer.environ)
        visitor.keep_cookies(answer.cookies)
        return rights(visitor.identity) == before

    def _send_away(self, connection_id: str) -> None:
        for socket in list(self.members.all()):
            if socket.client.connection.sid == connection_id:
                socket.client.connection.leave()
                return
