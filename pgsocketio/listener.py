"""The only LISTEN of a database: hears, reads the log, feeds the hub, comes back by itself."""

from __future__ import annotations

import logging
import os
import random
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2

from pgsocketio.backlog import Backlog
from pgsocketio.errors import RealtimeError
from pgsocketio.hub import Hub
from pgsocketio.log import schema
from pgsocketio.log.reader import LogReader, Page
from pgsocketio.measure import Histogram
from pgsocketio.message import Message
from pgsocketio.position import Position, Snapshot
from pgsocketio.runtime import Job, Runtime
from pgsocketio.wire import NotifyCodec

logger = logging.getLogger("pgsocketio.listener")

CHANNEL = "web_socketio"
_BEAT = "beat:"
MAX_REST = 1.0
"""Most seconds between two reads that catch listeners up."""
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
    :ivar queue: how full the cluster's queue of NOTIFY is, 0 to 1.
    :ivar rows_read: rows of the log read so far.
    :ivar latency: seconds from publishing, by PostgreSQL's clock, until a message was handed to
        all its listeners here. A message counts once, however many they are.
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
        self.name, self.hub, self.settings = name, hub, settings
        self.ready = self.proven = False
        self.listening, self.queue = True, 0.0
        self.error: str | None = None
        self.epoch: str | None = None
        self.trimmed = 0
        self.rows_read = 0
        self.latency = Histogram()
        hub.delivered, hub.heard = self._measure, self._deliver_midway
        self._clock_offset = 0.0  # of PostgreSQL's clock to ours
        self._connect, self._runtime = connect, runtime
        self._beat = f"{_BEAT}{node}"
        self._on_ready, self._on_foreign_log = on_ready, on_foreign_log
        self._news = runtime.event()
        self._read_done = runtime.event()
        self._reads_started = self._reads_done = 0
        self._next_beat = 0.0
        self._backlog = Backlog(settings.max_backlog)
        self._next_replay = 0.0
        self._read_wanted = True
        self._reading: Snapshot | None = None
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
        self._news.set()

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
            self._log = self._enter(log)
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

    def _enter(self, log: Any) -> LogReader:
        """Check what is there before anything is believed of it."""
        with log.cursor() as cursor:
            schema.check(cursor)
        reader = LogReader(log)
        if reader.renew():
            logger.warning("database %r: the log was made elsewhere; started anew", self.name)
        epoch = reader.epoch()
        if self.epoch not in (None, epoch):
            self.hub.reset()
            self._on_foreign_log()
        self.epoch = epoch
        self._backlog.codec = NotifyCodec(reader.secret())
        return reader

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether a signature of a text was made with the secret of the log."""
        return self._backlog.codec.is_signed(text, signature)

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
            self._news.set()
            _hang_up(log)  # the follower may wait for an answer that never comes

    def _hear(self, payload: str) -> None:
        if payload.startswith(_BEAT):
            if payload == self._beat:
                self._heard = self._runtime.monotonic()
                self.proven = True
            return
        self._backlog.hear(payload)
        self._news.set()

    # -- following ---------------------------------------------------------------------------

    def wake(self) -> None:
        """A listener waits to be caught up."""
        self._news.set()

    def wait_for_read(self, timeout: float) -> bool:
        """Wait until a read that starts from now on is done.

        :param timeout: seconds.
        :returns: whether one was.
        """
        target = self._reads_started + 1
        deadline = self._runtime.monotonic() + timeout
        self._read_wanted = True
        self._news.set()
        while self._reads_done < target:
            self._read_done.clear()
            if not self._read_done.wait(max(0.0, deadline - self._runtime.monotonic())):
                return False
        return True

    def _follow(self) -> None:
        self.read()
        self._announce()
        self._keep_alive()
        poll = self.settings.poll if self.listening else self.settings.settle
        due = self._runtime.monotonic() + poll
        while not self._stopping and not self._queue_turned():
            until = min(due, self._next_replay) if self.hub.replaying else due
            self._news.wait(max(0.0, until - self._runtime.monotonic()))
            self._news.clear()
            if self._failure is not None:
                raise self._failure
            if self._deliver_backlog():
                due = min(due, self._runtime.monotonic() + self.settings.settle)
            now = self._runtime.monotonic()
            replay = self.hub.replaying and now >= self._next_replay
            if self._read_wanted or replay or now >= due:
                self.read()
                self._keep_alive()
                due = now + poll

    def _announce(self) -> None:
        if not self.ready:
            self.ready = True
            self.error = None if self.listening else str(QueueFills(self.queue))
            self._on_ready()

    def _queue_turned(self) -> bool:
        """Whether LISTEN may be taken up again, by connecting anew.

        :raises QueueFills: when it has to be given up.
        """
        if (self.queue < (QUEUE_FULL if self.listening else QUEUE_FREE)) == self.listening:
            return False
        self.listening = not self.listening
        if not self.listening:
            raise QueueFills(self.queue)
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

    def _deliver_backlog(self) -> bool:
        """Deliver what was heard, in order.

        :returns: whether content was delivered that no read has covered yet.
        """
        self.hub.deliver_inline(inline := self._backlog.take())
        while self._backlog:
            self.read()
            self.hub.deliver_inline(inline := self._backlog.take())
        return bool(inline)

    def _take_page(self, messages: Sequence[Message], catch_up: bool) -> None:
        self.rows_read += len(messages)
        self.hub.read(messages, catch_up)
        self._keep_alive()  # a long read is no silence

    def _await(self, pages: Iterator[Page]) -> Page | None:
        """The next page of a read; what is heard until it comes goes out."""
        came: list[Page | Exception | None] = []

        def fetch() -> None:
            try:
                came.append(next(pages, None))
            except Exception as error:
                came.append(error)
            self._news.set()

        self._runtime.spawn(fetch)
        while not came:
            self._news.wait()
            self._news.clear()
            self._deliver_midway()
        self._news.set()  # there may have been other news
        [page] = came
        if isinstance(page, Exception):
            raise page
        return page

    def _deliver_midway(self) -> None:
        """While others are caught up, deliver what was heard and that read does not bring."""
        if self._reading is not None:
            self.hub.deliver_inline(self._backlog.take(self._reading))

    def _measure(self, messages: Sequence[Message]) -> None:
        """Count what the hub has delivered."""
        now = self._runtime.monotonic() + self._clock_offset
        for message in messages:
            published = datetime.fromisoformat(message["date"]).timestamp()
            self.latency.observe(max(0.0, now - published))

    def read(self) -> None:
        """Read the log from where the hub stands, and deliver what is new.

        Listeners that wait are caught up on the way; such reads may be long, and take half of the
        time at most. What is heard meanwhile goes out between the pages.
        """
        assert self._log is not None and self.epoch is not None
        self._read_wanted = False
        self._backlog.cover()
        self._reads_started = started = self._reads_started + 1
        self._reading = None  # one that broke off
        asked = self._runtime.monotonic()
        now, self.trimmed, clock, self.queue = self._log.now()
        self._clock_offset = clock - (asked + self._runtime.monotonic()) / 2
        self._backlog.codec.clock = clock
        if self.hub.stamp and self.hub.stamp.position.snapshot.needs(self.trimmed, now.snapshot):
            logger.error("database %r: messages were trimmed that nobody read here", self.name)
            self.hub.reset()
            self._on_foreign_log()
        replay = self.hub.replaying and asked >= self._next_replay
        oldest = self.hub.begin_read(now, self.trimmed, replay)
        assert self.hub.stamp is not None
        here = self.hub.stamp.position.snapshot
        for _snapshot, messages in self._log.read(here, now.snapshot):
            self._take_page(messages, catch_up=oldest == here)
        if oldest != here:
            # All that others have to get they have got; what this does not see came after it.
            self._reading = now.snapshot
            pages = self._log.read(oldest, now.snapshot)
            while (page := self._await(pages)) is not None:
                self._take_page(page[1], catch_up=True)
                self._deliver_midway()
        self._reading = None
        self.hub.end_read(Position(self.epoch, now.snapshot))
        if replay:
            done = self._runtime.monotonic()
            self._next_replay = done + min(MAX_REST, done - asked)
        self._reads_done = started
        self._read_done.set()


def _hang_up(*connections: Any) -> None:
    """Cut connections that another job may be waiting on."""
    for connection in connections:
        try:
            with socket.socket(fileno=os.dup(connection.fileno())) as duplicate:
                duplicate.shutdown(socket.SHUT_RDWR)
        except (OSError, psycopg2.Error):
            pass  # it is closed already
