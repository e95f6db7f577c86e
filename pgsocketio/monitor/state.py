"""What a server process says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pgsocketio.server import Server


def state_of(server: Server, restart: Sequence[str] = ()) -> dict[str, Any]:
    """Whether clients and what is published reach each other here.

    :param restart: why the process should be started again; it serves all the same.
    :returns: for JSON: ``ready``; ``draining``; ``databases``, by name each with ``ready`` and
        ``error`` (None: all is well); ``restart``.
    """
    databases = {name: database.state() for name, database in server.databases.items()}
    ready = not server.draining and all(state["ready"] for state in databases.values())
    return {
        "ready": ready,
        "draining": server.draining,
        "databases": databases,
        "restart": list(restart),
    }
