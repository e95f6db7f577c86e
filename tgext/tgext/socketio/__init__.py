"""Realtime for TurboGears 2: Socket.IO namespaces beside your controllers.

What it exports is imported when it is first asked for. The server is part of this package, and has
to patch the process before TurboGears is imported, whose requests are kept per thread.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pgsocketio.namespace import BaseNamespace

    from .controller import SocketIOController
    from .namespace import SocketIOTGNamespace

__all__ = ["BaseNamespace", "SocketIOController", "SocketIOTGNamespace"]

_HOMES = {
    "BaseNamespace": "pgsocketio.namespace",
    "SocketIOController": "tgext.socketio.controller",
    "SocketIOTGNamespace": "tgext.socketio.namespace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
