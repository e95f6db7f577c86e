"""All checks, in order."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2

from oe_web_socketio import console
from pgsocketio.errors import ConfigError, RealtimeError

from . import judge_database as judge
from .facts import Address, Installation
from .finding import Finding, error, ok

_LEND = 300.0
"""Seconds that doctor's session lasts, should doctor not come to delete it."""


def examine(arguments: argparse.Namespace) -> Iterator[Finding]:
    """Look at everything that can be looked at."""
    try:
        with console.connection(arguments) as connection:
            yield from _examine(arguments, connection)
    except ConfigError as failed:
        yield error("installation.start", str(failed), "Nothing can be looked at before.")
    except (psycopg2.Error, RealtimeError) as failed:
        text = " ".join(str(failed).split())
        yield error("database.asked", text, "Odoo's role has to own web_socketio's tables.")


def _examine(arguments: argparse.Namespace, connection: Any) -> Iterator[Finding]:
    from . import gather

    name, options = connection.info.dbname, console.read_options(arguments)
    install = gather.installation()
    yield from judge.installation(install)
    database = gather.database(connection, name)
    yield from judge.database(database)
    if database.standby or database.state != "installed" or not database.schema:
        return
    servers = gather.servers(connection)  # None: so old a log does not list them
    dsn = arguments.listen_dsn or options["listen_dsn"]
    if not dsn and any(server.about.get("listen_dsn") for server in servers or ()):
        yield ok("database.listen", "the server's LISTEN has a connection of its own; its string, "
                 "given with --listen-dsn here too, would be looked at")  # fmt: skip
    else:
        yield judge.listening(gather.listening(connection, name, dsn))
    if servers is not None:
        yield from judge.servers(servers, install, name)
    yield from _ask(arguments, install, connection, name)


def _ask(
    arguments: argparse.Namespace, install: Installation, connection: Any, name: str
) -> Iterator[Finding]:
    """Ask at the public address, as a user of Odoo."""
    from odoo.addons.web_socketio import compat, compat_sessions
    from odoo.tools import config

    from . import gather
    from .address import Examination

    compat.registry(name)
    with compat.root_environment(name) as env:
        address, user = _address(arguments.url, env), _user(arguments.login, env)
        try:
            session = compat_sessions.lend_session(user, _LEND)
        except OSError as failed:
            yield error(
                "address.session", f"no session can be written: {failed}",
                "Run doctor as the user that Odoo runs as: sudo -u odoo oe_web_socketio doctor …",
            )  # fmt: skip
            return
    try:
        asking = Examination(
            address, install, session, config["http_port"],
            lambda sid: gather.servers(connection, sid), arguments.cafile,
        )  # fmt: skip
        with closing(asking):
            yield from asking.run(wait=not arguments.no_wait)
    finally:
        compat_sessions.end_session(session)


def _address(url: str | None, env: Any) -> Address:
    from .address import resolve

    base = env["ir.config_parameter"].get_param("web.base.url", "http://localhost:8069")
    source = "--url" if url else "web.base.url"
    return resolve(url or base, source, env["web.socketio"].server_info())


def _user(login: str | None, env: Any) -> Any:
    """Whose session it is.

    :raises ConfigError: where there is no such user.
    """
    group = env.ref("base.group_system")
    domain = [("login", "=", login)] if login else [("all_group_ids", "in", group.ids)]
    user = env["res.users"].search(domain, order="id", limit=1)
    if not user:
        raise ConfigError(f"there is no active user {login!r}; name one with --login")
    return user
