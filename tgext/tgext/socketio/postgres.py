"""``anypubsub.backend = postgres``: channels on this project's own message log."""

from __future__ import annotations

import json
import logging
import secrets
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from pgsocketio.database import Database
from pgsocketio.errors import ConfigError
from pgsocketio.green_postgres import ALIVE, patch_psycopg2
from pgsocketio.log.publisher import Connections, publish
from pgsocketio.members import Members
from pgsocketio.message import encode_values
from pgsocketio.runtime import Runtime

from .brokers import CHANNEL

logger = logging.getLogger("tgext.socketio")


class PostgresBroker:
    """Publishes into the message log of a database.

    Delivery: every subscriber that is connected, or comes back within the retention with a client
    that keeps its position (``socket.io.js`` of the controller does).

    :param dsn: libpq connection string or URL of a database with the message log.
    :param listen_dsn: for LISTEN, where ``dsn`` goes through a pooler.
    """

    def __init__(self, dsn: str, listen_dsn: str | None = None) -> None:
        try:
            self.name = parse_dsn(dsn).get("dbname", "") or "postgres"
            self._dsn = {"publish": dsn, "listen": listen_dsn or dsn, "log": dsn}
            make_dsn(self._dsn["listen"])
        except psycopg2.ProgrammingError as error:
            raise ConfigError(f"anypubsub.dsn is no connection string: {error}") from error
        self._connections = Connections(lambda _database: self.connect("publish"))

    def connect(self, purpose: str) -> Any:
        """A new connection, for ``publish``, ``listen`` or ``log``."""
        name = f"tgext.socketio {purpose}"
        return psycopg2.connect(
            self._dsn[purpose], application_name=name, client_encoding="UTF8", **ALIVE
        )

    def check(self, channel: str, message: str) -> None:
        """Refuse at once what the log would refuse when the transaction has committed.

        :raises NotEncodable: for what jsonb cannot hold.
        :raises PayloadTooLarge: above 1 MiB.
        """
        encode_values(_values(channel, message))

    def publish(self, channel: str, message: str) -> None:
        """Publish JSON text to a channel."""
        with self._connections.cursor(self.name) as cursor:
            publish(cursor, CHANNEL, _values(channel, message))

    def subscribe(self, *_channels: str) -> Any:
        """Only the server of tgext.socketio follows the log."""
        raise ConfigError(
            "channels of the postgres backend are followed by the server of tgext.socketio: "
            "set 'use = egg:tgext.socketio#socketio' in [server:main]"
        )

    def database(self, runtime: Runtime, members: Members) -> Database:
        """What a server process follows the log with."""
        patch_psycopg2()
        ready = lambda: logger.info("ready for database %r", self.name)  # noqa: E731
        node = secrets.token_hex(8)
        return Database(self.name, self.connect, runtime, node, members, on_ready=ready)


def _values(channel: str, message: str) -> dict[str, Any]:
    return {"channel": channel, "message": json.loads(message)}
