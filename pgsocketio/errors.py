"""Every error that the core raises on purpose; a docstring's first line is the default text."""

from __future__ import annotations

from typing import Any


class RealtimeError(Exception):
    """Something in the realtime server went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class ConfigError(RealtimeError):
    """The configuration is wrong."""


class NotEncodable(RealtimeError, TypeError):
    """A value cannot travel as JSON."""


class PayloadTooLarge(RealtimeError, ValueError):
    """A message is larger than its bound."""


class Unreadable(RealtimeError, ValueError):
    """PostgreSQL holds what Python cannot: such as a number of 5,000 digits."""


class InvalidPacket(RealtimeError):
    """What arrived is no Socket.IO packet."""


class LimitExceeded(InvalidPacket):
    """A client crossed a bound.

    :param counter: of the server, that counts it.
    """

    def __init__(self, counter: str, message: str) -> None:
        super().__init__(message)
        self.counter = counter


class BadPosition(RealtimeError, ValueError):
    """A position is malformed, foreign or from the future."""


class ConnectRefused(RealtimeError):
    """The namespace refuses this client, and it need not try again.

    :param message: what the client reads in its ``connect_error``.
    :param data: JSON object beside the message, or None.
    """

    def __init__(self, message: str | None = None, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.data = data


class TemporarilyUnavailable(RealtimeError):
    """Trouble that heals by itself; the transport is closed so that the client comes back."""


class HandlerError(RealtimeError):
    """An error that a handler means for the client.

    :param message: text in the user's language.
    :param name: the kind of error, such as ``UserError``.
    """

    def __init__(self, message: str | None = None, name: str = "Error") -> None:
        super().__init__(message)
        self.name = name


class SchemaMismatch(RealtimeError):
    """The objects in the database are missing or too old or too new for this server."""


class Disconnected(BaseException):
    """The client of this job is gone.

    No ``Exception``, so that a loop which goes on after errors ends all the same.
    """
