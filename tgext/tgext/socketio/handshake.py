"""A socket's handshake: through the application's whole WSGI stack, to the controller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from pgsocketio.namespace import BaseNamespace

from . import tgcompat

WSGIApplication = Callable[..., Any]

KNOCK = "tgext.socketio.knock"
"""Key of the environ under which a :class:`Knock` travels to the controller."""
DOOR = "socketio_handshake"
"""Name of the controller's method that answers it."""
NOT_MOUNTED = (
    "no SocketIOController answers at /%s: mount one there in your RootController, or set "
    "'socketio_resource' in [server:main] to the path where it is mounted"
)


@dataclass(slots=True)
class Knock:
    """A handshake on its way through the application; the controller lets it in.

    :ivar namespaces: class by name, None until it was let in.
    :ivar environ: as it arrived, with all that middlewares added.
    :ivar status: what the application answered, such as ``403 Forbidden``.
    """

    namespaces: Mapping[str, type[BaseNamespace]] | None = None
    environ: dict[str, Any] | None = None
    config: Mapping[str, Any] | None = None
    status: str = ""
    cookies: tuple[str, ...] = ()

    def let_in(
        self, namespaces: Mapping[str, type[BaseNamespace]], context: Any
    ) -> None:
        """Called by the controller."""
        self.namespaces = namespaces
        self.environ = tgcompat.lasting(context.request.environ)
        self.environ.pop(KNOCK)
        self.config = context.config


def knock(application: WSGIApplication, environ: dict[str, Any], resource: str) -> Knock:
    """Send a handshake through the whole WSGI stack of an application.

    :param environ: of the client's own request.
    :param resource: path where the controller is mounted, without slashes around it.
    """
    request = Knock()
    path = f"/{resource}/{DOOR}"
    environ = {**environ, "PATH_INFO": path, "REQUEST_METHOD": "GET", KNOCK: request}

    def start_response(status: str, headers: Sequence[tuple[str, str]], _exc: Any = None) -> Any:
        request.status = status
        request.cookies = tuple(v for k, v in headers if k.lower() == "set-cookie")
        return lambda _data: None

    body = application(environ, start_response)
    try:
        for _chunk in body:
            pass
    finally:
        if hasattr(body, "close"):
            body.close()
    return request


class Visitor:
    """What lasts as long as a socket: the environ of its handshake, and who it is.

    :param raw: the environ before any middleware, to knock again with.
    """

    __slots__ = ("environ", "identity", "namespaces", "raw")

    def __init__(self, raw: dict[str, Any], answer: Knock) -> None:
        assert answer.environ is not None and answer.namespaces is not None
        self.raw = raw
        self.environ = {**answer.environ, "PATH_INFO": raw["PATH_INFO"]}
        self.namespaces = answer.namespaces
        self.identity: Any = None
        self.know(answer.environ)
        self.keep_cookies(answer.cookies)

    def know(self, environ: Mapping[str, Any]) -> None:
        """Remember an identity, without the user object: that belongs to a database session."""
        identity = environ.get("repoze.who.identity")
        if identity:
            identity = {key: value for key, value in identity.items() if key != "user"}
        self.identity = identity

    def keep_cookies(self, headers: Sequence[str]) -> None:
        """Bring along, with the next event, what the application wants a browser to keep."""
        for header in headers:
            cookies = SimpleCookie(self.environ.get("HTTP_COOKIE", ""))
            try:
                cookies.load(header)
            except CookieError:
                continue
            pairs = [f"{name}={morsel.coded_value}" for name, morsel in cookies.items()]
            self.environ["HTTP_COOKIE"] = self.raw["HTTP_COOKIE"] = "; ".join(pairs)
