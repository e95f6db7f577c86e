"""Follows the log of a database: reads it, and delivers in between what was heard of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pgsocketio.backlog import Backlog
from pgsocketio.busy_log import INTERVAL, BusyLog
from pgsocketio.hub import Hub
from pgsocketio.log.reader import LogReader, Page
from pgsocketio.measure import Histogram
from pgsocketio.message import Message
from pgsocketio.position import Position, Snapshot
from pgsocketio.runtime import Runtime
from pgsocketio.wire import NotifyCodec

logger = logging.getLogger("pgsocketio.listener")

MAX_REST = 1.0
"""Most seconds between two reads that catch listeners up."""


class Follower:
    """Feeds one hub from one log.

    Delivery: a message that was committed is delivered once, whichever log connection it is that
    :meth:`enter` was given last: the hub's position is kept, and the log is read from there.

    :param name: of the database, for the log.
    :param max_backlog: most notifications waiting; beyond, the log is read instead.
    :param on_page: called between the pages of a read, which may be long.
    :param on_foreign_log: called when the log turned out to be another one than before.
    :ivar news: an event: something was heard, or somebody waits for a read.
    :ivar epoch: of the log, None before the first one.
    :ivar trimmed: the newest transaction that was trimmed.
    :ivar queue: how full the cluster's queue of NOTIFY is, 0 to 1.
    :ivar rows_read: rows of the log read so far.
    :ivar busy: whether the log is polled now.
    :ivar latency: seconds from publishing, by PostgreSQL's clock, until a message was handed to
        all its listeners here. A message counts once, however many they are.
    """

    def __init__(
        self,
        name: str,
        runtime: Runtime,
        hub: Hub,
        max_backlog: int,
        on_page: Callable[[], Any],
        on_foreign_log: Callable[[], Any],
    ) -> None:
        self.news = runtime.event()
        self.epoch: str | None = None
        self.trimmed, self.queue = 0, 0.0
        self.rows_read, self.latency = 0, Histogram()
        hub.delivered, hub.heard = self._measure, self._deliver_midway
        self.busy = BusyLog()
        self._name, self._runtime, self._hub = name, runtime, hub
        self._on_page, self._on_foreign_log = on_page, on_foreign_log
        self._backlog = Backlog(max_backlog)
        self._clock_offset = 0.0  # of PostgreSQL's clock to ours
        self._read_done = runtime.event()
        self._reads_started = self._reads_done = 0
        self._next_poll = 0.0
        self._read_wanted = True
        self._next_replay = 0.0
        self._reading: Snapshot | None = None
        self._log: LogReader | None = None

    def enter(self, log: LogReader) -> None:
        """Go on with a new connection; make sure first which log it leads to."""
        if log.renew():
            logger.warning("database %r: the log was made elsewhere; started anew", self._name)
        epoch = log.epoch()
        if self.epoch not in (None, epoch):
            self._start_anew()
        self.epoch, self._log = epoch, log
        self._backlog.codec = NotifyCodec(log.secret())

    def _start_anew(self) -> None:
        self._hub.reset()
        self._on_foreign_log()

    # -- what was heard ----------------------------------------------------------------------

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether a signature of a text was made with the secret of the log."""
        return self._backlog.codec.is_signed(text, signature)

    def hear(self, payload: str) -> None:
        """Take what a NOTIFY carried, to be delivered by :meth:`deliver_heard`."""
        self._backlog.hear(payload)
        self.news.set()

    def deliver_heard(self) -> bool:
        """Deliver what was heard, in order.

        Of a busy log only what a read has covered: who published before it, and woke nobody, may
        come with the next one.

        :returns: whether content was delivered that no read has covered yet.
        """
        inline = self._deliver()
        while self._backlog and not self.busy.polled:
            self.read()
            inline = self._deliver()
        return bool(inline) and not self.busy.polled

    def _deliver(self, reading: Snapshot | None = None) -> list[Message]:
        inline = self._backlog.take(reading, covered_only=self.busy.polled)
        self._count(inline)
        self._hub.deliver_inline(inline)
        return inline

    def _count(self, messages: Sequence[Message]) -> None:
        self.busy.count(len({message.xid for message in messages if message.xid is not None}))

    def _deliver_midway(self) -> None:
        """While others are caught up, deliver what was heard and that read does not bring."""
        if self._reading is not None:
            self._deliver(self._reading)

    def _poll_midway(self, reading: Snapshot) -> None:
        """The same of a busy log, of which nobody may be notified: between the pages."""
        if not self.busy.polled or self._runtime.monotonic() < self._next_poll:
            return
        assert self._log is not None
        self._backlog.cover()
        for _snapshot, messages in self._log.read(reading, without=self._hub.had):
            self._count(messages)
            self._hub.deliver_inline(messages)
        self._next_poll = self._runtime.monotonic() + INTERVAL

    # -- reading -----------------------------------------------------------------------------

    def read_due(self, poll: float) -> float:
        """When to read next, by the runtime's clock.

        :param poll: when to read at the latest.
        """
        if self._read_wanted:
            return 0.0
        if self.busy.polled:
            return self._next_poll
        return min(poll, self._next_replay) if self._hub.replaying else poll

    def wait_for_read(self, timeout: float) -> bool:
        """Wait until a read that starts from now on is done.

        :param timeout: seconds.
        :returns: whether one was.
        """
        target = self._reads_started + 1
        deadline = self._runtime.monotonic() + timeout
        self._read_wanted = True
        self.news.set()
        while self._reads_done < target:
            self._read_done.clear()
            if not self._read_done.wait(max(0.0, deadline - self._runtime.monotonic())):
                return False
        return True

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
        now = self._ask(self._log)
        replay = self._hub.replaying and asked >= self._next_replay
        oldest = self._hub.begin_read(now, self.trimmed, replay)
        assert self._hub.stamp is not None
        here = self._hub.stamp.position.snapshot
        had = () if replay else self._hub.had  # others may wait for what was heard already
        for _snapshot, messages in self._log.read(here, now.snapshot, had):
            self._count(messages)
            self._take_page(messages, catch_up=oldest == here)
        done = self._runtime.monotonic()
        self._next_poll = max(asked + INTERVAL, done + min(INTERVAL, done - asked))
        if oldest != here:
            # All that others have to get they have got; what this does not see came after it.
            self._reading = now.snapshot
            pages = self._log.read(oldest, now.snapshot)
            while (page := self._await(pages)) is not None:
                self._take_page(page[1], catch_up=True)
                self._poll_midway(now.snapshot)
                self._deliver_midway()
        self._reading = None
        self._hub.end_read(Position(self.epoch, now.snapshot))
        if replay:
            done = self._runtime.monotonic()
            self._next_replay = done + min(MAX_REST, done - asked)
        if self._backlog:
            self.news.set()  # some of it may be delivered now
        self._reads_done = started
        self._read_done.set()

    def _ask(self, log: LogReader) -> Position:
        """Where the log stands; the hub starts anew when messages are gone that it has not read."""
        asked = self._runtime.monotonic()
        now, self.trimmed, clock, self.queue, polled = log.now()
        answered = self._runtime.monotonic()
        self.busy.told(polled, asked, answered)
        self._clock_offset = clock - (asked + answered) / 2
        self._backlog.codec.clock = clock
        stamp = self._hub.stamp
        if stamp and stamp.position.snapshot.needs(self.trimmed, now.snapshot):
            logger.error("database %r: messages were trimmed that nobody read here", self._name)
            self._start_anew()
        return now

    def _take_page(self, messages: Sequence[Message], catch_up: bool) -> None:
        self.rows_read += len(messages)
        self._hub.read(messages, catch_up)
        self._on_page()

    def _await(self, pages: Iterator[Page]) -> Page | None:
        """The next page of a read; what is heard until it comes goes out."""
        came: list[Page | Exception | None] = []

        def fetch() -> None:
            try:
                came.append(next(pages, None))
            except Exception as error:
                came.append(error)
            self.news.set()

        self._runtime.spawn(fetch)
        while not came:
            self.news.wait()
            self.news.clear()
            self._deliver_midway()
        self.news.set()  # there may have been other news
        [page] = came
        if isinstance(page, Exception):
            raise page
        return page

    def _measure(self, messages: Sequence[Message]) -> None:
        """Count what the hub has delivered."""
        now = self._runtime.monotonic() + self._clock_offset
        for message in messages:
            published = datetime.fromisoformat(message["date"]).timestamp()
            self.latency.observe(max(0.0, now - published))
