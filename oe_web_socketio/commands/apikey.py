"""Create an API key for a program that connects to the realtime server, and print it, once.

The key belongs to a user of Odoo, is good for this server only, and is deleted as any other in the
user's preferences. Odoo's rules on the duration of API keys hold.
"""

from __future__ import annotations

import argparse

from oe_web_socketio import console
from pgsocketio.config import whole
from pgsocketio.errors import ConfigError, SchemaMismatch
from pgsocketio.log import schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say whose key it is, and for how long."""
    console.add_arguments(parser)
    parser.add_argument("--login", required=True, help="login of the user whose key it is")
    parser.add_argument("--name", required=True, help="what the key is for, to know it by later")
    parser.add_argument(
        "--days", default="90",
        help="days until it expires, default 90; 0: never, which only administrators may have",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Create the key.

    :returns: 0.
    :raises ConfigError: where there is no such user, or he may not have such a key.
    """
    try:
        days = whole(0, 36_500)(arguments.days)
    except ValueError as error:
        raise ConfigError(f"--days: {error}") from error
    name = _database(arguments)
    from odoo.addons.web_socketio import compat, compat_auth
    from odoo.exceptions import AccessError, UserError

    registry = compat.registry(name)
    if not compat.is_installed(registry, "web_socketio"):
        raise ConfigError(f"the addon web_socketio is not installed in database {name!r}")
    with registry.cursor() as cursor:
        env = compat.new_environment(cursor, compat.SUPERUSER_ID)
        user = env["res.users"].search([("login", "=", arguments.login)])
        if not user:
            raise ConfigError(f"there is no active user with the login {arguments.login!r}")
        try:
            key = compat_auth.create_key(env(user=user.id, su=False), arguments.name, days)
        except (AccessError, UserError) as error:
            raise ConfigError(f"{arguments.login}: {error}") from error
    print(key)  # noqa: T201  the only time that it is told
    return 0


def _database(arguments: argparse.Namespace) -> str:
    """The name of the database, once the addon's message log was seen in it: a registry of Odoo
    makes tables in whatever database it is loaded from."""
    with console.connection(arguments) as connection, connection.cursor() as cursor:
        try:
            schema.check(cursor)
        except SchemaMismatch as error:
            raise ConfigError(str(error)) from error
        return str(connection.info.dbname)
