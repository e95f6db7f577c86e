"""psycopg2 on gevent: a connection gives way while it waits, and none waits for ever."""

from __future__ import annotations

from typing import Any, Final

from gevent.socket import wait_read, wait_write
from psycopg2 import OperationalError, extensions

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for PostgreSQL to answer a new connection."""

ALIVE: Final[dict[str, Any]] = {
    "connect_timeout": int(CONNECT_TIMEOUT),
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
"""Arguments of ``psycopg2.connect`` with which the kernel notices a dead peer; source: PostgreSQL
manual, 34.1.2 "Parameter Key Words"."""

_WAITS: Final = {extensions.POLL_READ: wait_read, extensions.POLL_WRITE: wait_write}
_LIVE: Final = (
    extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED,
)  # fmt: skip


def patch_psycopg2() -> None:
    """Let every connection of psycopg2 in this process wait in gevent's loop."""
    extensions.set_wait_callback(_wait)


def _wait(connection: Any) -> None:
    """psycopg2's wait callback; source: its manual, "Support for coroutine libraries"."""
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        if state not in _WAITS:
            raise OperationalError(f"unexpected state of a connection: {state}")
        # libpq's connect_timeout holds for connections that block only.
        patience = None if connection.status in _LIVE else CONNECT_TIMEOUT
        late = OperationalError(f"PostgreSQL did not answer within {CONNECT_TIMEOUT:g} s")
        _WAITS[state](connection.fileno(), timeout=patience, timeout_exc=late)
