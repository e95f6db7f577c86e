"""Where an HTTP connection is, and who answers its requests."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

from .http import Request

if TYPE_CHECKING:
    from .http_connection import HttpConnection


class Handler(Protocol):
    """Who answers requests, with :meth:`HttpConnection.respond` or piece by piece."""

    def on_head(self, http: HttpConnection, request: Request) -> int | None:
        """Return how many bytes of body to accept, or None when it was answered already."""

    def on_request(self, http: HttpConnection, request: Request) -> None:
        """Answer now or later a request that has arrived completely."""


class State(Enum):
    """Where a connection is; the handler's answer leads from HEAD, BODY or BUSY onwards."""

    IDLE = "waiting for a request"
    HEAD = "receiving a head"
    BODY = "receiving a body"
    BUSY = "answering"
    FLUSH = "waiting until the answer is taken"
    LINGER = "answered for the last time, waiting for the peer's end"
    GONE = "closed or handed over"
