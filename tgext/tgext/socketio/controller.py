"""The controller that namespaces are mounted on."""

from __future__ import annotations

from importlib import resources
from typing import Any

from tg import TGController, abort, expose, request, response

from pgsocketio.namespace import BaseNamespace

from . import tgcompat
from .handshake import KNOCK
from .recorder import record

CLIENT = ("socket.io.min.js", "tgext.socketio.js")
"""Files of the browser's side, served together as ``socket.io.js``."""


class SocketIOController(TGController):  # type: ignore[misc]
    """A controller whose class attributes that are namespaces are served by name.

    ``pingpong = PingPong`` is the namespace ``/pingpong``. It has pages as any controller; the
    names ``socket.io.js`` (the client for the browser) and ``socketio_handshake`` are taken.
    """

    def __init__(self, *_args: Any, **_kw: Any) -> None:
        super().__init__()
        attributes = {name: getattr(type(self), name) for name in dir(type(self))}
        self._namespaces = {
            f"/{name}": value
            for name, value in attributes.items()
            if isinstance(value, type) and issubclass(value, BaseNamespace)
        }

    @expose()  # type: ignore[untyped-decorator]
    def socketio_handshake(self) -> str:
        """Where a socket's handshake arrives; for the server only."""
        knock = request.environ.get(KNOCK)
        if knock is None:
            abort(404)
        knock.let_in(self._namespaces, tgcompat.context())
        return ""

    @expose()  # type: ignore[untyped-decorator]
    def _default(self, *path: str, **_query: Any) -> Any:
        if request.path_info.endswith("/socket.io.js"):
            return _client_file()
        if "paste.testing_variables" in request.environ:
            return self._simulate(path)
        known = request.method != "GET" or self._is_namespace(path)
        return abort(400 if known else 404)

    def _is_namespace(self, path: tuple[str, ...]) -> bool:
        return bool(path) and f"/{path[0]}" in self._namespaces

    def _simulate(self, path: tuple[str, ...]) -> str:
        """WebTest sends the JSON of a packet to a namespace; no socket is involved."""
        if not (self._is_namespace(path) and request.body):
            abort(400)
        name, context = f"/{path[0]}", tgcompat.context()
        record(self._namespaces[name], name, context.request, context)
        return "done"


def _client_file() -> bytes:
    response.content_type = "text/javascript"
    response.charset = "utf-8"
    folder = resources.files(__package__).joinpath("static")
    return b"\n".join(folder.joinpath(name).read_bytes() for name in CLIENT)
