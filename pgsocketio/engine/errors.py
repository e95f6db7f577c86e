"""Errors inside the transport; none of them reaches the application."""

from __future__ import annotations

from pgsocketio.errors import RealtimeError


class PacketError(RealtimeError):
    """What arrived is no Engine.IO packet, or too many of them.

    Args:
        message: what is wrong.
        rule: name of the counter 'refused:<rule>'.
    """

    def __init__(self, message: str, rule: str = "malformed packet") -> None:
        super().__init__(message)
        self.rule = rule


class RequestError(RealtimeError):
    """An HTTP request is malformed or crosses a bound.

    Args:
        message: what is wrong, for the log and the answer; never echoes input.
        status: HTTP status to answer with.
        rule: name of the counter 'refused:<rule>'.
    """

    def __init__(
        self, message: str, status: int = 400, rule: str = "malformed request"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.rule = rule


class Refused(RealtimeError):
    """An Engine.IO request is refused with the reference server's JSON.

    Args:
        code: Engine.IO error code, 0 to 5.
        status: HTTP status.
        message: replaces the code's default message.
        rule: name of the counter 'refused:<rule>'.
    """

    MESSAGES = (
        "Transport unknown",
        "Session ID unknown",
        "Bad handshake method",
        "Bad request",
        "Forbidden",
        "Unsupported protocol version",
    )

    def __init__(
        self, code: int, status: int = 400, message: str | None = None, rule: str | None = None
    ) -> None:
        super().__init__(message or self.MESSAGES[code])
        self.code = code
        self.status = status
        self.rule = rule or self.MESSAGES[code].lower()
