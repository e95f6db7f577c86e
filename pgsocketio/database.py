"""One database of a server process: hub, listener, and the way to the other processes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg2

from pgsocketio.backplane import Acts, DatabaseBackplane
from pgsocketio.errors import BadPosition, TemporarilyUnavailable
from pgsocketio.hub import Hub
from pgsocketio.listener import Listener, ListenerSettings
from pgsocketio.log import schema
from pgsocketio.log.publisher import Connections
from pgsocketio.members import Members
from pgsocketio.nodes import NodeReport
from pgsocketio.position import Position
from pgsocketio.runtime import Runtime

logger = logging.getLogger("pgsocketio.database")


class Database:
    """A database that this process listens to; the scope of its clients.

    :param name: of the database.
    :param connect: returns a new psycopg2 connection to it, given a purpose.
    :param node: names this server process.
    :param members: the clients of this process.
    :param on_ready: called each time the database is live.
    :ivar about: tells of the process what :attr:`report` shows beside the database's own state.
    :ivar report: keeps the rows of this process in the database; its ``run`` is a job's loop.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[str], Any],
        runtime: Runtime,
        node: str,
        members: Members,
        settings: ListenerSettings = ListenerSettings(),
        on_ready: Callable[[], Any] = lambda: None,
    ) -> None:
        self.name = name
        self._members, self._runtime = members, runtime
        self._connections = Connections(lambda _database: connect("publish"))
        self.hub: Hub = Hub(
            lambda: self.listener.wake(),
            lambda: runtime.sleep(0),
        )
        self.backplane = DatabaseBackplane(
            name, node, members, self._connections,
            lambda text, signature: self.listener.follower.is_signed(text, signature), runtime,
            self.hub.routes.count,
        )  # fmt: skip
        self.hub.subscribe(self.backplane, Acts)
        self.about: Callable[[], dict[str, Any]] = dict
        self.report = NodeReport(name, node, members, self._connections, runtime, self._health)
        self.backplane.on_kick = self.report.wake
        self.listener = Listener(
            name, connect, runtime, self.hub, node, settings, on_ready, self._send_away
        )

    def state(self) -> dict[str, Any]:
        """How it is, for those who run the server.

        :returns: ``ready``: whether what is published is delivered, and LISTEN was proven by a
            heartbeat (or given up, because the queue of NOTIFY fills); ``error``: what is wrong.
        """
        listener = self.listener
        proven = listener.proven or not listener.listening
        error = listener.error
        if listener.ready and not proven:
            error = "LISTEN has not heard its own heartbeat yet"
        return {"ready": listener.ready and proven, "error": error}

    def _health(self) -> dict[str, Any]:
        rows_read = self.listener.follower.rows_read
        counts = {"forged_acts": self.backplane.forged, "rows_read": rows_read}
        return {**self.state(), **counts, "schema": schema.VERSION, **self.about()}

    def resume(self, token: str) -> Position | None:
        """A client's position, when everything after it is still in the log; else None.

        Who starts anew forgets what it has seen, so then all that it may have got, from whichever
        server process, lies behind the position of the hub.

        :raises TemporarilyUnavailable: when the database cannot be asked now.
        """
        try:
            position = Position.parse(token)
        except BadPosition:
            return None
        self.need_ready()
        if position.epoch != self.listener.follower.epoch:
            return None
        now = self.hub.stamp.position.snapshot if self.hub.stamp else position.snapshot
        if position.snapshot.needs(self.listener.follower.trimmed, now):
            self._wait_for_read()
            return None
        if self._ahead(position):
            self._wait_for_read()
            if self._ahead(position):
                return None  # from the future
        return position

    def _wait_for_read(self) -> None:
        if not self.listener.follower.wait_for_read(5.0):
            raise TemporarilyUnavailable(f"database {self.name!r} does not answer")

    def _ahead(self, position: Position) -> bool:
        stamp = self.hub.stamp
        return stamp is None or position.snapshot.xmax > stamp.position.snapshot.xmax

    def need_ready(self) -> None:
        """Make sure that the database is live.

        :raises TemporarilyUnavailable: when it is not.
        """
        if not self.listener.ready:
            raise TemporarilyUnavailable(f"database {self.name!r} is away")

    def trim(self) -> None:
        """Drop old messages of the log, once a minute; the loop of its own job."""
        while True:
            self._runtime.sleep(60.0)
            try:
                with self.cursor() as cursor:
                    cursor.execute("SELECT web_socketio_trim()")
            except psycopg2.Error as error:
                logger.warning("database %r: the log was not trimmed: %s", self.name, error)

    def cursor(self) -> AbstractContextManager[Any]:
        """A cursor in autocommit, beside any pool."""
        return self._connections.cursor(self.name)

    def _send_away(self) -> None:
        """The log is another one: clients come back, and learn that they cannot be caught up."""
        for socket in self._members.all():
            if socket.scope is not None and socket.scope.name == self.name:
                socket.client.connection.leave()

    def stop(self) -> None:
        self.listener.stop()
        self.report.leave()
        self._connections.close()
