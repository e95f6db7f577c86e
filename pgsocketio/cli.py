"""``pgsocketio install DSN``: the message log of a database that no Odoo looks after."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import psycopg2

from pgsocketio.errors import RealtimeError
from pgsocketio.log import schema


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; ends the process where it fails."""
    options = _parser().parse_args(argv)
    try:
        print(_run(options.command, options.dsn))  # noqa: T201  it is what the command says
    except (psycopg2.Error, RealtimeError) as error:
        sys.exit(f"pgsocketio: {' '.join(str(error).split())}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
        command.add_argument("dsn", help="libpq connection string or postgresql:// URL")
    return parser


def _run(command: str, dsn: str) -> str:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            if command == "install":
                before = schema.install(cursor)
                return f"message log: version {schema.VERSION} (was {before or 'not there'})"
            if command == "uninstall":
                schema.uninstall(cursor)
                return "message log: dropped"
            return f"message log: version {schema.check(cursor)}"
    finally:
        connection.close()


if __name__ == "__main__":
    main()
