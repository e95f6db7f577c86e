"""Create an API key for a program that connects to the realtime server, and print it, once.

The key belongs to a user of Odoo, is good for this server only, and is deleted as any other in the
user's preferences. Odoo's rules on the duration of API keys hold.
"""

from __future__ import annotations

import argparse

import psycopg2

from oe_web_socketio import console
from pgsocketio.config import whole
from pgsocketio.errors import ConfigError


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
    name = console.boot_database(arguments)
    from odoo.addons.web_socketio import compat, compat_auth
    from odoo.exceptions import AccessError, UserError

    try:
        registry = compat.registry(name)
    except psycopg2.OperationalError as error:
        raise ConfigError(" ".join(str(error).split())) from error
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
