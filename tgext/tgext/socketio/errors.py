"""What goes wrong on purpose; the message says what to do."""

from __future__ import annotations

from pgsocketio.errors import ConfigError, RealtimeError


class DebugModeForbiddenException(ConfigError):
    """The server does not run in debug mode: set 'debug = false' in [DEFAULT] of the ini file.

    Debug mode wraps the application in an interactive debugger. It keeps every request in which
    something failed, and a socket's request lasts as long as the socket; and whoever reaches the
    server can run code in it.
    """


class BrokerAway(RealtimeError):
    """The broker of the channels does not answer."""
