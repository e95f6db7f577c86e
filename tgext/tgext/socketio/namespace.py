"""Namespaces with TurboGears' decorators: ``@require``, ``@validate`` and their like."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from webob.exc import HTTPException

from pgsocketio.errors import HandlerError, TemporarilyUnavailable
from pgsocketio.namespace import BaseNamespace, Refused

from . import tgcompat
from .errors import Invalid
from .shape import Shape, shape_of

if TYPE_CHECKING:
    from .sockets import TGServer

logger = logging.getLogger("tgext.socketio")


class SocketIOTGNamespace(BaseNamespace):
    """A client on one namespace of a TurboGears application.

    Each event runs as a controller's method does: with ``tg.request``, ``tg.session`` and
    ``tg.config``, in a transaction of its own, which is committed when the method returns and
    aborted when it raises. ``self.session`` is a dict of this socket; ``self.request`` is the
    request of the running event, and between events that of the handshake.

    Whatever is refused reaches the client as the event ``error`` with a name and an info.
    """

    exception_handler_decorator: Callable[[Callable[..., Any]], Callable[..., Any]]
    """Where a subclass has this method, it wraps what an event calls."""

    @property
    def environ(self) -> dict[str, Any]:
        """The WSGI environ of :attr:`request`."""
        return cast("dict[str, Any]", self.request.environ)

    def get_user(self) -> str | None:
        """The user's name, as the authentication knows it."""
        user = (self.request.identity or {}).get("repoze.who.userid")
        return None if user is None else str(user)

    # -- events ------------------------------------------------------------------------------

    def process_packet(self, packet: dict[str, Any]) -> Any:
        return self.run(super().process_packet, packet)

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function as an event is called; for what :meth:`spawn` started.

        :returns: what it returned; None where it raised, which the client was told.
        """
        server = cast("TGServer", self.socket.server)
        try:
            return server.in_event(self.socket, partial(self._in_context, function, args))
        except TemporarilyUnavailable:
            raise
        except HandlerError as error:
            return self._refuse(error.name, str(error))
        except HTTPException as error:
            return self._refuse(f"http_{error.code}", str(error.detail or error.title))
        except Exception as error:
            failure = self.exception_handler(error, _name_of(function, args))
            return self._refuse(failure["name"], failure["message"])

    def _in_context(self, function: Callable[..., Any], args: tuple[Any, ...], context: Any) -> Any:
        between, self.request = self.request, context.request
        try:
            return function(*args)
        finally:
            self.request = between

    def exception_handler(self, error: Exception, method_name: str) -> dict[str, str]:
        """Turn an exception of a method into what the client may know of it; it is logged.

        :returns: name and message of the event ``error``.
        """
        logger.error("%s.%s failed", type(self).__qualname__, method_name, exc_info=error)
        return {"name": "internal_error", "message": "Internal error"}

    # -- decorators ----------------------------------------------------------------------------

    def is_method_allowed(self, method_name: str) -> bool:
        decorations = tgcompat.decorations(getattr(self, method_name, None))
        if decorations is not None and not decorations.permit(self.environ):
            return False
        return super().is_method_allowed(method_name)

    def call_method(self, method_name: str, packet: dict[str, Any], *args: Any) -> Any:
        method = getattr(self, method_name, None)
        if not (callable(method) and method_name.startswith(("on_", "subscribe_"))):
            return super().call_method(method_name, packet, *args)
        shape = shape_of(method)
        if shape.names == ("packet",):
            args = (packet,)
        decorations = tgcompat.decorations(method)
        try:
            if decorations is None:
                shape.check(args)
                return self._decorated(method)(*args)
            return self._call_decorated(method, shape, decorations, args)
        except Invalid as error:
            if error.handler is not None:
                return error.handler(*args)
            info = error.info if error.of_validator else f'"{packet["name"]}": {error.info}'
            return self._refuse("invalid_method_args", info)

    def _call_decorated(
        self, method: Callable[..., Any], shape: Shape, decorations: tgcompat.Decorations,
        args: tuple[Any, ...],
    ) -> Any:
        """Validated arguments are given by name, others as the client sent them."""
        decorations.run_hooks("before_validate", args)
        named: dict[str, Any] = {}
        positional = args
        if decorations.validates:
            named, positional = tgcompat.validate(method, shape.name(args)), ()
        shape.check(positional, named)
        decorations.run_hooks("before_call", args)
        return self._decorated(method)(*positional, **named)

    def _decorated(self, method: Callable[..., Any]) -> Callable[..., Any]:
        decorator = getattr(self, "exception_handler_decorator", None)
        return method if decorator is None else cast("Callable[..., Any]", decorator(method))

    def _refuse(self, name: str, message: Any, packet: dict[str, Any] | None = None) -> Refused:
        """Tell the client by the event ``error``, also where it asked for an acknowledgement."""
        self.error(name, message)
        return Refused(name, message)


def _name_of(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What failed, for the log."""
    if args and isinstance(args[0], dict) and "name" in args[0]:
        return f"on_{args[0]['name']}".replace(" ", "_")
    return getattr(function, "__name__", repr(function))
