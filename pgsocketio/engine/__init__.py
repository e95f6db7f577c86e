"""An Engine.IO v4 server transport on gevent: WebSocket, HTTP long polling, upgrade."""

from .connection import Connection
from .engine import Application, Engine
from .handshake import Handshake
from .origin import OriginPolicy
from .packets import Prepared
from .settings import EngineSettings

__all__ = [
    "Application",
    "Connection",
    "Engine",
    "EngineSettings",
    "Handshake",
    "OriginPolicy",
    "Prepared",
]
