"""What goes wrong on purpose; the message says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pgsocketio.errors import ConfigError, RealtimeError


class DebugModeForbiddenException(ConfigError):
    """The server does not run in debug mode."""

    def __init__(self) -> None:
        super().__init__(
            "The server does not run in debug mode: set 'debug = false' in [DEFAULT] of the ini "
            "file. Debug mode wraps the application in an interactive debugger, which keeps every "
            "request in which something failed, and a socket's request lasts as long as the "
            "socket; and whoever reaches the server can run code in it"
        )


class BrokerAway(RealtimeError):
    """The broker of the channels does not answer."""


class Invalid(Exception):
    """Arguments that do not fit a method, or that ``@validate`` refused.

    :param info: message per argument, or one for all.
    :param of_validator: whether a validator says so.
    :param handler: the ``error_handler`` to call instead, None where there is none.
    """

    def __init__(
        self, info: Any, of_validator: bool = False, handler: Callable[..., Any] | None = None
    ) -> None:
        super().__init__(str(info))
        self.info = info
        self.of_validator = of_validator
        self.handler = handler
