"""Commands that work on one database of Odoo."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from oe_web_socketio.options import OPTIONS
from pgsocketio.commands import load, sentence
from pgsocketio.errors import ConfigError, RealtimeError

_OPTIONS = [o for o in OPTIONS.options if o.name in ("database", "config", "addons_path")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a command name the database and the conf file, as the server does."""
    for option in _OPTIONS:
        flags = [option.short] if option.short else []
        name = option.name.replace("_", "-")
        parser.add_argument(
            *flags, f"--{name}", dest=option.name, metavar=option.name.upper(), help=option.help,
            action="append" if option.many else "store",
        )


def read_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options that a server with this conf file and environment has.

    :raises ConfigError: for a wrong one.
    """
    from oe_web_socketio.cli import with_default_conf

    given = {option.name: getattr(arguments, option.name) for option in _OPTIONS}
    flags = [
        f"--{name.replace('_', '-')}={','.join(value) if isinstance(value, list) else value}"
        for name, value in given.items() if value
    ]
    return OPTIONS.parse(with_default_conf(flags))


def boot_database(arguments: argparse.Namespace) -> str:
    """Boot Odoo, and return the name of the database.

    :raises ConfigError: where Odoo, the conf file or the database is not named.
    """
    from oe_web_socketio import boot

    values = {**read_options(arguments), "log_level": "warn", "logfile": None}
    boot.boot(values)
    from odoo.tools import config

    names = values["database"] or config["db_name"] or ()
    if len(names) != 1:
        raise ConfigError("name one database with -d")
    return str(names[0])


@contextmanager
def connection(arguments: argparse.Namespace) -> Iterator[Any]:
    """Boot Odoo, and connect to the database beside its pool, in autocommit.

    :raises ConfigError: where Odoo, the conf file or the database is not found.
    """
    name = boot_database(arguments)
    from odoo.addons.web_socketio import compat

    try:
        connection = compat.connect(name, application_name="oe.web.socketio command")
    except psycopg2.OperationalError as error:
        raise ConfigError(sentence(error)) from error
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


class OnDatabase:
    """A command of :mod:`pgsocketio.commands`.

    :param name: its word.
    """

    def __init__(self, name: str) -> None:
        self._command = load(name)
        self.__doc__ = self._command.__doc__

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        self._command.add_arguments(parser)
        add_arguments(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        try:
            with connection(arguments) as connected:
                status: int = self._command.run(connected, arguments)
                return status
        except (psycopg2.Error, RealtimeError) as error:
            raise ConfigError(sentence(error)) from error
