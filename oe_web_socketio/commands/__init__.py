"""What ``oe_web_socketio WORD ...`` does beside serving, one module per word.

A command is a line in :data:`COMMANDS` and a module of its name here with two functions:
``add_arguments(parser)`` and ``run(arguments) -> int``, the exit status. It is imported only when
it is called; it raises ``ConfigError`` for what the user can put right. Those of
:mod:`pgsocketio.commands` are here too, on a database of Odoo.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from pgsocketio.commands import COMMANDS as ON_DATABASE
from pgsocketio.config import Parser
from pgsocketio.errors import ConfigError

COMMANDS: dict[str, str] = {
    "scaffold": "write a new addon that works, with its tests",
    "doctor": "look for what is wrong, and say what to do",
    "apikey": "create an API key for a program that connects, and print it",
    **ON_DATABASE,
}


def run(name: str, argv: Sequence[str]) -> int:
    """Run a command.

    :param name: its word.
    :param argv: what follows the word.
    :returns: exit status.
    :raises ConfigError: for an unknown command, wrong arguments, and whatever else the user can
        put right.
    """
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        raise ConfigError(f"unknown command {name!r}, it knows {known}; see oe_web_socketio --help")
    command = _load(name)
    parser = Parser(
        prog=f"oe_web_socketio {name}", description=command.__doc__, allow_abbrev=False
    )
    command.add_arguments(parser)
    status: int = command.run(parser.parse_args(list(argv)))
    return status


def _load(name: str) -> Any:
    if name in ON_DATABASE:
        from oe_web_socketio.console import OnDatabase

        return OnDatabase(name)
    return import_module(f"oe_web_socketio.commands.{name}")
