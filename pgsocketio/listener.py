"""The only LISTEN of a database: hears, has its follower read, comes back by itself."""

from __future__ import annotations

import logging
import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.errors import InsufficientPrivilege

from pgsocketio.busy_log import PROMISE
from pgsocketio.errors import RealtimeError
from pgsocketio.follower import Follower
from pgsocketio.hub import Hub
from pgsocketio.log import schema
from pgsocketio.log.reader import LogReader
from pgsocketio.quiet_log import QuietLog
from pgsocketio.runtime import Job, Runtime

logger = logging.getLogger("pgsocketio.listener")

CHANNEL = "web_socketio"
_BEAT = "beat:"
QUEUE_FULL, QUEUE_FREE = 0.5, 0.25
"""How full PostgreSQL's queue of NOTIFY may be until LISTEN is given up, and taken up again."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Times and bounds of a listener.

    :param poll: seconds between reads of the log when nothing was heard.
    :param settle: seconds after an inline message until the log is read, so that positions move.
    :param silence: seconds without hearing its own heartbeat until it connects anew.
    :param max_backlog: most notifications waiting; beyond, the log is read instead.
    :param max_backoff: most seconds between two attempts to connect.
    """

    poll: float = 5.0
    settle: float = 1.0
    silence: float = 15.0
    max_backlog: int = 10_000
    max_backoff: float = 5.0


class Silent(RealtimeError):
    """The LISTEN connection does not hear its own heartbeat: half-open, or behind a pooler."""


class QueueFills(RealtimeError):
    """PostgreSQL's queue of NOTIFY fills: a LISTEN connection of the cluster does not read.

    When it is full, every transaction that sends a NOTIFY fails. Source: PostgreSQL manual, NOTIFY.
    """

    def __init__(self, usage: float) -> None:
        super().__init__(
            f"PostgreSQL's queue of NOTIFY is {usage:.0%} full: a connection that LISTENs does not "
            "read, or sits in a transaction (its log names the process). No LISTEN from here until "
            "that is over; messages are read from the log every second"
        )


class Listener:
    """Feeds one hub from one database.

    Delivery: a message that was committed is delivered once, whatever fails in between: the hub's
    position is kept, and the log is read from there after each reconnect.

    :param name: of the database, for the log.
    :param connect: returns a new psycopg2 connection, given a purpose (``'listen'`` or ``'log'``).
    :param node: names this server process.
    :param on_ready: called each time the listener is live again.
    :param on_foreign_log: called when the log turned out to be another one than before.
    :ivar ready: whether what is published is delivered.
    :ivar proven: whether the LISTEN connection has heard its own heartbeat, too.
    :ivar listening: whether it has one; without, messages are read from the log alone.
    :ivar follower: reads the log, and delivers.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[str], Any],
        runtime: Runtime,
        hub: Hub,
        node: str,
        settings: ListenerSettings = ListenerSettings(),
        on_ready: Callable[[], Any] = lambda: None,
        on_foreign_log: Callable[[], Any] = lambda: None,
    ) -> None:
        self.name, self.settings = name, settings
        self.follower = Follower(
            name, runtime, hub, settings.max_backlog, self._keep_alive, on_foreign_log
        )
        self.ready = self.proven = False
        self.listening = True
        self.error: str | None = None
        self._connect, self._runtime = connect, runtime
        self._quiet = QuietLog(logger, runtime.monotonic, 3_600.0)
        self._beat = f"{_BEAT}{node}"
        self._on_ready = on_ready
        self._next_beat = 0.0
        self._heard = 0.0
        self._failure: Exception | None = None
        self._stopping = False
        self._log: LogReader | None = None

    # -- life --------------------------------------------------------------------------------

    def run(self) -> None:
        """Listen until :meth:`stop`; connect again after each failure, with jittered back-off."""
        attempt = 0
        while not self._stopping:
            try:
                self._session()
            except (psycopg2.Error, OSError, RealtimeError) as error:
                attempt = 1 if self.ready else attempt + 1
                self._report(error)
            except Exception as error:
                logger.exception("database %r: please report this; trying again", self.name)
                attempt, self.error = attempt + 1, repr(error)
            self.ready = self.proven = False
            if not self._stopping:
                pause = min(self.settings.max_backoff, 0.25 * 2 ** min(attempt, 10))
                self._runtime.sleep(pause * random.uniform(0.5, 1.0))

    def stop(self) -> None:
        """End :meth:`run`."""
        self._stopping = True
        self.follower.news.set()

    def _report(self, error: Exception) -> None:
        text = " ".join(str(error).split())
        if text != self.error:
            logger.error("database %r: %s; trying again", self.name, text)
        self.error = text

    def _session(self) -> None:
        self._next_beat = 0.0
        connections: list[Any] = []
        receiver: Job | None = None
        watchdog = self._runtime.later(self.settings.silence, lambda: _hang_up(*connections))
        try:
            listen = self._open("listen", connections)
            log = self._open("log", connections)
            with log.cursor() as cursor:
                schema.check(cursor)  # before anything is believed of what is there
            self._log = LogReader(log)
            self.follower.enter(self._log)
            if self.listening:
                with listen.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
            watchdog.kill()
            self._failure, self._heard = None, self._runtime.monotonic()
            if self.listening:
                receiver = self._runtime.spawn(self._receive, listen, log)
            self._follow()
        finally:
            watchdog.kill()
            if receiver is not None:
                receiver.kill()
            for connection in connections:
                connection.close()

    def _open(self, purpose: str, connections: list[Any]) -> Any:
        connection = self._connect(purpose)
        connections.append(connection)
        connection.autocommit = True
        return connection

    # -- hearing: does nothing but read, so that the queue of NOTIFY never fills ---------------

    def _receive(self, listen: Any, log: Any) -> None:
        try:
            while True:
                if self._runtime.wait_read(listen.fileno(), 1.0):
                    listen.poll()
                notifications = list(listen.notifies)
                listen.notifies.clear()
                for notification in notifications:
                    self._hear(notification.payload)
                if self._runtime.monotonic() - self._heard > self.settings.silence:
                    raise Silent()
        except (psycopg2.Error, OSError, Silent) as error:
            self._failure = error
            self.follower.news.set()
            _hang_up(log)  # the follower may wait for an answer that never comes

    def _hear(self, payload: str) -> None:
        if payload.startswith(_BEAT):
            if payload == self._beat:
                self._heard = self._runtime.monotonic()
                self.proven = True
            return
        self.follower.hear(payload)

    # -- following ---------------------------------------------------------------------------

    def wake(self) -> None:
        """A listener waits to be caught up."""
        self.follower.news.set()

    def _follow(self) -> None:
        follower, monotonic = self.follower, self._runtime.monotonic
        follower.read()
        self._announce()
        self._keep_alive()
        poll = self.settings.poll if self.listening else self.settings.settle
        due = monotonic() + poll
        while not self._stopping and not self._queue_turned():
            woken = follower.news.wait(max(0.0, follower.read_due(due) - monotonic()))
            follower.news.clear()
            if self._failure is not None:
                raise self._failure
            if follower.deliver_heard():
                due = min(due, monotonic() + self.settings.settle)
            now = monotonic()
            if not woken or now >= follower.read_due(due):
                follower.read()
                self._keep_alive()
                due = now + poll
            self._promise()

    def _announce(self) -> None:
        if not self.ready:
            self.ready = True
            self.error = None if self.listening else str(QueueFills(self.follower.queue))
            self._on_ready()

    def _queue_turned(self) -> bool:
        """Whether LISTEN may be taken up again, by connecting anew.

        :raises QueueFills: when it has to be given up.
        """
        if (self.follower.queue < (QUEUE_FULL if self.listening else QUEUE_FREE)) == self.listening:
            return False
        self.listening = not self.listening
        if not self.listening:
            raise QueueFills(self.follower.queue)
        logger.info("database %r: the queue of NOTIFY is free again", self.name)
        return True

    def _keep_alive(self) -> None:
        """Prove the LISTEN connection from another one; a half-open one is silent for ever."""
        now = self._runtime.monotonic()
        if now < self._next_beat or not self.listening:
            return
        self._next_beat = now + self.settings.poll * 0.9
        assert self._log is not None
        self._log.notify(CHANNEL, self._beat)


    def _promise(self) -> None:
        """Spare publishers their NOTIFY while there is so much to read that it is polled anyway."""
        busy = self.follower.busy
        if not self.listening or not busy.promises(self._runtime.monotonic()):
            return
        assert self._log is not None
        try:
            self._log.promise(CHANNEL, PROMISE)
        except InsufficientPrivilege as error:
            text = "database %r: publishers are not spared their NOTIFY: %s"
            self._quiet.line("promise", text, self.name, error)


def _hang_up(*connections: Any) -> None:
    """Cut connections that another job may be waiting on."""
    for connection in connections:
        try:
            with socket.socket(fileno=os.dup(connection.fileno())) as duplicate:
                duplicate.shutdown(socket.SHUT_RDWR)
        except (OSError, psycopg2.Error):
            pass  # it is closed already
