"""Realtime for TurboGears 2: Socket.IO namespaces beside your controllers."""

from pgsocketio.namespace import BaseNamespace

from .controller import SocketIOController
from .namespace import SocketIOTGNamespace

__all__ = ["BaseNamespace", "SocketIOController", "SocketIOTGNamespace"]
