"""Bringing a database of Odoo up: registry, namespaces, listener."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg2
from odoo.addons.web_socketio import compat
from odoo.addons.web_socketio.authentication import UNINSTALLED
from odoo.addons.web_socketio.environment import Cursors
from psycopg2 import errors

from oe_web_socketio.sessions import Sessions
from pgsocketio.database import Database
from pgsocketio.errors import ConfigError
from pgsocketio.green_postgres import ALIVE
from pgsocketio.lifecycle import spare_collector
from pgsocketio.members import Members
from pgsocketio.runtime import Runtime

logger = logging.getLogger("oe_web_socketio")


class OdooDatabase(Database):
    """A database of Odoo: with cursors for handlers, and a registry to load.

    :ivar loading: its namespaces may not all be known yet.
    :ivar sessions: those of users that are connected.
    :ivar loaded: called when its registry, and so the code of its addons, was loaded.

    :param cursors: of its handlers.
    :param listen_dsn: of the LISTEN connection, where Odoo's own goes through a pooler.
    """

    def __init__(
        self,
        name: str,
        runtime: Runtime,
        node: str,
        members: Members,
        cursors: Cursors,
        listen_dsn: str | None = None,
    ) -> None:
        self.cursors = cursors
        self.sessions = Sessions()
        self._listen_dsn = listen_dsn
        self._runtime = runtime
        self._stopping = False
        self.loading = True
        self.loaded: Callable[[], Any] = lambda: None
        super().__init__(name, self._connect, runtime, node, members, on_ready=self._ready)

    def _connect(self, purpose: str) -> Any:
        options = {**ALIVE, "application_name": f"oe.web.socketio {purpose}"}
        if purpose == "listen" and self._listen_dsn:
            return psycopg2.connect(self._listen_dsn, **{**options, "dbname": self.name})
        return compat.connect(self.name, **options)

    def _ready(self) -> None:
        logger.info("ready for database %r", self.name)

    def state(self) -> dict[str, Any]:
        if self.loading and self.listener.error is None:
            return {"ready": False, "error": "its registry is being loaded"}
        return super().state()

    def run(self, on_fatal: Callable[[OdooDatabase], Any]) -> None:
        """Serve the database until :meth:`stop`; PostgreSQL away is waited for.

        :param on_fatal: called when only a person can mend what is wrong.
        """
        try:
            self._load()
            self.loaded()
            self.loading = False
            self.listener.run()
        except ConfigError as error:
            logger.error("database %r: %s", self.name, error)
            self.listener.error = str(error)
            on_fatal(self)
        except Exception as error:
            logger.exception("database %r: its registry does not load", self.name)
            self.listener.error = str(error)
            on_fatal(self)
        finally:
            self.loading = False

    def _load(self) -> None:
        """Load the registry, and with it the namespaces of the installed addons."""
        attempt = 0
        while not self._stopping:
            try:
                self._check()
                compat.registry(self.name)
                spare_collector()
                return
            except psycopg2.OperationalError as error:
                attempt += 1
                self.listener.error = " ".join(str(error).split())
                pause = min(30.0, 0.5 * 2 ** min(attempt, 10)) * random.uniform(0.5, 1.0)
                logger.error(
                    "database %r: PostgreSQL is away, trying again in %.1f s: %s",
                    self.name, pause, self.listener.error,
                )  # fmt: skip
                self._runtime.sleep(pause)

    def _check(self) -> None:
        """Make sure that the addon is installed.

        :raises ConfigError: saying what to do.
        """
        try:
            installed = self._is_installed()
        except psycopg2.OperationalError as error:
            if self._is_missing():
                raise ConfigError("there is no such database") from error
            raise
        except errors.UndefinedTable as error:
            raise ConfigError("it is no database of Odoo") from error
        if not installed:
            raise ConfigError(
                "the addon web_socketio is not installed there; install it with "
                f"'oe -d {self.name} -i web_socketio'"
            )

    def _is_installed(self) -> bool:
        """Ask on a connection of its own whether the addon is there."""
        query = "SELECT state FROM ir_module_module WHERE name = 'web_socketio'"
        with closing(self._connect("check")) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
        return row is not None and row[0] in ("installed", "to upgrade", "to remove")

    def _is_missing(self) -> bool:
        """Whether PostgreSQL has no such database; what it says to who connects may be translated.

        Source: Odoo's own list of databases, read from the database ``postgres``.
        """
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        try:
            with closing(compat.connect("postgres", **ALIVE)) as one, one.cursor() as cursor:
                cursor.execute(query, [self.name])
                return cursor.fetchone() is None
        except psycopg2.OperationalError:
            return False

    def lost(self) -> str | None:
        """Why it is not served any more; None: it is, or PostgreSQL is away for a while."""
        try:
            return None if self._is_installed() else UNINSTALLED
        except psycopg2.OperationalError:
            return "the database is gone" if self._is_missing() else None

    def stop(self) -> None:
        self._stopping = True
        super().stop()
