"""What ``oe_web_socketio WORD ...`` does beside serving, one module per word.

A command is a line in :data:`COMMANDS` and a module of its name here with two functions:
``add_arguments(parser)`` and ``run(arguments) -> int``, the exit status. It is imported only when
it is called; it raises ``ConfigError`` for what the user can put right.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from pgsocketio.config import Parser
from pgsocketio.errors import ConfigError

COMMANDS: dict[str, str] = {
    "scaffold": "write a new addon that works, with its tests",
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
    command = import_module(f"oe_web_socketio.commands.{name}")
    parser = Parser(
        prog=f"oe_web_socketio {name}", description=command.__doc__, allow_abbrev=False
    )
    command.add_arguments(parser)
    status: int = command.run(parser.parse_args(list(argv)))
    return status
