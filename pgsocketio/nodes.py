"""What a server process tells a database of itself and its clients, every few seconds."""

from __future__ import annotations

import json
import logging
import os
import socket as network
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2.errors import UndefinedFunction

from pgsocketio import __version__
from pgsocketio.log.publisher import Connections
from pgsocketio.members import Members
from pgsocketio.quiet_log import QuietLog
from pgsocketio.runtime import Event, Runtime

if TYPE_CHECKING:
    from pgsocketio.socket import NamespaceSocket

logger = logging.getLogger("pgsocketio.nodes")

INTERVAL = 5.0
"""Seconds between two reports; PostgreSQL takes a process that is silent for 30 s for gone."""

BATCH = 1_000
"""Most clients of one statement."""
IDLE_LOOKS = 250
"""About so many clients that had nothing queued are looked at in one report."""

Listed = dict["NamespaceSocket", tuple[int, int]]
"""Clients, and what is queued for each."""

_IDLE = (0, 0)

_LIST = "SELECT web_socketio_list(%s, %s, %s::jsonb, %s)"


def _state(health: dict[str, Any]) -> str:
    """What an administrator should know first."""
    for state in ("draining", "restart"):
        if health.get(state):
            return state
    return "ready" if health.get("ready") else "away"


def _queue(socket: NamespaceSocket) -> tuple[int, int]:
    """Messages that wait in mailboxes, and bytes that wait to be sent."""
    return (socket.waiting, socket.client.connection.unsent)


class NodeReport:
    """Keeps the rows of this process in one database; nothing of it is in the path of a message.

    Beyond the database's limit (``max_sockets``) clients are only counted.

    :param database: its name, and that of the scope of its clients.
    :param node: names this server process.
    :param health: tells how the database and the process are, for JSON: ``ready``, ``error``,
        ``draining``, ``restart`` (why it should be started again), ``address`` (URL),
        ``connections`` (how many), and whatever else an administrator wants to know.
    """

    def __init__(
        self,
        database: str,
        node: str,
        members: Members,
        connections: Connections,
        runtime: Runtime,
        health: Callable[[], dict[str, Any]],
    ) -> None:
        self._database, self._node, self._health = database, node, health
        self._members, self._connections, self._runtime = members, connections, runtime
        self._log = QuietLog(logger, runtime.monotonic, 600.0)
        self._started = runtime.monotonic()
        self._listed: Listed | None = None  # what is in the table, if known
        self._queueing: set[NamespaceSocket] = set()  # those of them that are not idle
        self._known = (0, 0)  # changes of the members that it knows of, and the limit
        self._turn = 0
        self._reported = self._left = False
        self._wanted = runtime.event()

    def wake(self) -> None:
        """Report soon: many clients have changed, and somebody looks."""
        self._wanted.set()

    def run(self) -> None:
        """Report until :meth:`leave`; the loop of a job of its own."""
        while not self._left:
            try:
                self.report()
            except UndefinedFunction:
                self._log.line(
                    "version", "database %r: the message log is missing, or too old to list "
                    "servers and clients: run 'oe -d %s -u web_socketio' (without Odoo: "
                    "'pgsocketio install')", self._database, self._database,
                )  # fmt: skip
            except psycopg2.OperationalError:
                pass  # the database is away: the listener says so
            except psycopg2.Error as error:
                text = " ".join(str(error).split())
                self._log.line("error", "database %r: not reported: %s", self._database, text)
            self._wanted.wait(INTERVAL)
            self._wanted.clear()

    def report(self) -> None:
        """Report once.

        :raises psycopg2.Error: when the database cannot be written to.
        """
        listed, self._listed = self._listed, None  # until it is written
        with self._connections.cursor(self._database) as cursor:
            cursor.execute(
                "SELECT web_socketio_beat(%s, %s::jsonb)", [self._node, json.dumps(self._state())]
            )
            answer = cursor.fetchone()[0]
            self._reported = True
            known = listed if answer["listed"] else None
            self._listed = self._write(cursor, known, answer["max_sockets"])

    def _state(self) -> dict[str, Any]:
        health = self._health()
        address, connections = health.pop("address", None), health.pop("connections", 0)
        return {
            "host": network.gethostname(),
            "pid": os.getpid(),
            "version": __version__,
            "age": self._runtime.monotonic() - self._started,
            "sockets": self._members.count(self._database),
            "address": address,
            "connections": connections,
            "state": _state(health),
            "health": health,
        }

    def _write(self, cursor: Any, listed: Listed | None, limit: int) -> Listed:
        """Write what changed since the last time.

        :returns: what is listed now.
        """
        anew, listed = listed is None, listed or {}
        new: list[NamespaceSocket] = []
        absent: list[str] = []
        if anew or (self._members.changes, limit) != self._known:
            self._known = (self._members.changes, limit)
            members = self._members.first(self._database, limit)
            new = [one for one in members if one not in listed]
            gone = listed.keys() - members.keys()
            absent = [one.sid for one in gone]
            for one in gone:
                del listed[one]
        looks = [*new, *self._choose(listed)]
        for start in range(0, len(looks) or 1, BATCH):
            rows = self._rows(looks[start : start + BATCH], listed)
            if anew or absent or rows:
                cursor.execute(_LIST, [self._node, anew, json.dumps(rows), absent])
                anew, absent = False, []
        return listed

    def _choose(self, listed: Listed) -> set[NamespaceSocket]:
        """Whose queue to look at: of all that had something queued, and of a part of the others."""
        self._turn += 1
        turns = len(listed) // IDLE_LOOKS + 1
        looks = self._queueing & listed.keys()
        looks.update(islice(listed, self._turn % turns, None, turns))
        self._queueing = set()
        return looks

    def _rows(self, sockets: Iterable[NamespaceSocket], listed: Listed) -> list[dict[str, Any]]:
        """The rows of those that are new, or whose queue changed."""
        rows = []
        for socket in sockets:
            before, queue = listed.get(socket), _queue(socket)
            if queue != before:
                listed[socket] = queue
                rows.append(self._row(socket, queue, before is None))
            if queue != _IDLE:
                self._queueing.add(socket)
        return rows

    def _row(self, socket: NamespaceSocket, queue: tuple[int, int], new: bool) -> dict[str, Any]:
        row: dict[str, Any] = {"sid": socket.sid, "queue": queue[0], "unsent": queue[1]}
        if new:
            row |= {
                "user": socket.user,
                "namespace": socket.name,
                "address": socket.client.connection.address,
                "age": self._runtime.monotonic() - socket.progress.connected_at,
            }
        return row

    def leave(self, timeout: float = 1.0) -> None:
        """Remove the rows of this process: it ends.

        :param timeout: seconds; a database that does not answer notices by itself.
        """
        self._left = True
        self._wanted.set()
        if self._reported:
            done = self._runtime.event()
            self._runtime.spawn(self._remove, done)
            done.wait(timeout)

    def _remove(self, done: Event) -> None:
        try:
            with self._connections.cursor(self._database) as cursor:
                cursor.execute("SELECT web_socketio_leave(%s)", [self._node])
        except psycopg2.Error as error:
            text = "database %r: this process is listed for a while yet: %s"
            logger.info(text, self._database, " ".join(str(error).split()))
        finally:
            done.set()
