"""``pgsocketio install DSN``: the message log of a database that no Odoo looks after.

The commands of :mod:`pgsocketio.commands` take the connection string first, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import psycopg2

from pgsocketio.commands import COMMANDS, load, sentence
from pgsocketio.config import Parser
from pgsocketio.errors import RealtimeError
from pgsocketio.log import schema

_DSN = "libpq connection string or postgresql:// URL"


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; ends the process where it fails."""
    try:
        sys.exit(_run(_parser().parse_args(argv)))
    except (psycopg2.Error, RealtimeError) as error:
        sys.exit(f"pgsocketio: {sentence(error)}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="pgsocketio",
        description="Looks after the message log in a PostgreSQL database. Odoo's databases get it "
        "with the addon web_socketio; others with this command.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("install", "create the message log, or bring it up to date; messages stay"),
        ("check", "say which version is there, and whether this server works with it"),
        ("uninstall", "drop the message log and every message in it"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("dsn", help=_DSN)
    for name, text in COMMANDS.items():
        module = load(name)
        command = commands.add_parser(name, help=text, description=module.__doc__)
        command.add_argument("dsn", help=_DSN)
        module.add_arguments(command)
    return parser


def _run(options: argparse.Namespace) -> int:
    connection = psycopg2.connect(options.dsn, client_encoding="UTF8")  # whatever the database's
    try:
        if options.command in COMMANDS:
            connection.autocommit = True
            status: int = load(options.command).run(connection, options)
            return status
        with connection, connection.cursor() as cursor:
            print(_look_after(options.command, cursor))  # noqa: T201  it is what the command says
        return 0
    finally:
        connection.close()


def _look_after(command: str, cursor: Any) -> str:
    if command == "install":
        before = schema.install(cursor)
        return f"message log: version {schema.VERSION} (was {before or 'not there'})"
    if command == "uninstall":
        schema.uninstall(cursor)
        return "message log: dropped"
    return f"message log: version {schema.check(cursor)}"


if __name__ == "__main__":
    main()
