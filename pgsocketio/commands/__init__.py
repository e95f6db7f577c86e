"""What administrators do with a database's message log and servers, one module per word.

Each has ``add_arguments(parser)`` and ``run(connection, arguments) -> int``, the exit status; the
connection is psycopg2's, in autocommit. ``pgsocketio`` and ``oe_web_socketio`` both offer them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

COMMANDS: dict[str, str] = {
    "tail": "follow what is published",
    "emit": "publish a message",
    "sockets": "list the connected clients",
    "kick": "close the connections of clients",
    "configure": "show or change retention, size of the log, and length of the list of clients",
}


def load(name: str) -> Any:
    """The module of a command."""
    return import_module(f"pgsocketio.commands.{name}")


def sentence(error: Exception) -> str:
    """What an error says, in one line; of PostgreSQL's without where in its code it happened."""
    diagnosis = getattr(error, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(error)
    hint = getattr(diagnosis, "message_hint", None)
    return " ".join((f"{text} ({hint})" if hint else text).split())
