"""The declarative way to listen: no job per client, and one packet for all equal messages."""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio.adapter import AbstractAdapter, check_adapter
from pgsocketio.feed import Kind
from pgsocketio.mailbox import Mailbox
from pgsocketio.message import Message
from pgsocketio.position import Stamp
from pgsocketio.wire import UNDELIVERED, reader_key

if TYPE_CHECKING:
    from pgsocketio.runtime import Job
    from pgsocketio.socket import NamespaceSocket

logger = logging.getLogger("pgsocketio.subscription")


def _no_args(_session: Any) -> Sequence[Any]:
    return ()


@dataclass(frozen=True)
class Subscription:
    """Each message that an adapter chooses becomes one event.

    Delivery: a client gets it once while connected, and after it comes back within the retention
    (plain clients: while connected). A client that does not take what is sent is disconnected, and
    catches up when it returns.

    :param event: that the client receives, with what the adapter's ``format`` returns.
    :param adapterClass: chooses and formats.
    :param args: a function of the session that returns the adapter's arguments.
    :param acknowledged: ask the client to acknowledge each message, and send it again until it
        does; at most ``max_attempts`` times.
    """

    event: str
    adapterClass: type[AbstractAdapter]
    args: Callable[[Any], Sequence[Any]] = _no_args
    acknowledged: bool = False

    def __post_init__(self) -> None:
        check_adapter(self.adapterClass)


def subscription_key(event: str, adapter: type[AbstractAdapter], args: Sequence[Any]) -> str:
    """Name a subscription; interned, as equal ones share and compare it by identity."""
    return sys.intern(reader_key(f"subscribe {event}", adapter, tuple(args)))


class Subscriber:
    """One client's part in a plain subscription: the hub hands it messages, it hands packets on.

    :param slot: its number among the client's acknowledged subscriptions, less than
        :data:`sio.SLOTS`; 0 where it is none of them.
    """

    __slots__ = ("args", "connection", "crowd", "key", "progress", "slot", "socket")
    asks = False

    def __init__(
        self,
        socket: NamespaceSocket,
        event: str,
        adapter: type[AbstractAdapter],
        args: Sequence[Any],
        slot: int,
    ) -> None:
        self.socket, self.slot = socket, slot
        self.connection, self.progress = socket.client.connection, socket.progress
        self.args = tuple(args)
        self.key = subscription_key(event, adapter, args)
        ack_slot = slot if self.asks else None
        self.crowd = socket.server.feed(Kind(socket.name, event, adapter, socket.version, ack_slot))
        self._start()

    def _start(self) -> None:
        since = self.socket.progress.since(self.key)
        self.socket.hub.subscribe(self, self.crowd.kind.adapter, self.args, since)

    def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
        self.crowd.serve((self,), messages, stamp)

    def missed(self) -> None:
        self.socket.missed()

    @property
    def depth(self) -> int:
        """Messages that wait here."""
        return 0

    @property
    def hold(self) -> Stamp | None:
        """Nothing is kept here: what was sent lies before the position in the stream."""
        return None

    @property
    def catching_up(self) -> bool:
        """Whether messages from before are still to be read from the log."""
        return self.socket.hub.waiting(self)

    def leave(self) -> None:
        """Listen no more."""
        self.socket.hub.unsubscribe(self)


class AcknowledgedSubscriber(Subscriber):
    """One client's part in an acknowledged subscription: a mailbox, sent batch by batch."""

    __slots__ = ("_attempts", "_mailbox", "_missing", "_timer")
    asks = True

    def _start(self) -> None:
        self._missing: set[int] = set()
        self._attempts = 0
        self._timer: Job | None = None
        limits = self.socket.settings.mailbox
        self._mailbox = Mailbox(
            self.socket.hub, self.crowd.kind.adapter, self.args, self._send, limits,
            self.socket.missed,
        )  # fmt: skip
        self._mailbox.start(self.socket.progress.since(self.key))

    def _send(self) -> None:
        """Send the next batch, unless one is on its way or waits to be sent again."""
        while not (self._missing or self._timer or self._mailbox.closed):
            batch = self._mailbox.next()
            if not batch:
                return
            for message in batch:
                self._send_one(message)
            if self._missing:
                pause = self.socket.settings.ack_timeout
                self._timer = self.socket.runtime.later(pause, self._late)

    def _send_one(self, message: Message) -> None:
        prepared = self.crowd.packet(self, message, self._mailbox.generation)
        if prepared is None:
            return
        self.progress.sent += 1
        number = message["id"]
        if number is not None:
            self._missing.add(number)
            ack = number * sio.SLOTS + self.slot
            self.socket.expect_ack(ack, lambda: self._acknowledged(number))
        self.socket.client.connection.send_prepared(prepared)
        self.socket.traffic.sent += 1

    def _acknowledged(self, number: int) -> None:
        if number not in self._missing:
            return  # too late: it is on its way again
        self._missing.discard(number)
        if not self._missing and self._timer is not None:
            self._timer.kill()
            self._timer = None
            self._attempts = 0
            self._send()

    def _late(self) -> None:
        """Some are not acknowledged in time: they go out again, or are given up."""
        missing, self._missing = self._missing, set()
        self._attempts += 1
        batch = [message["id"] for message in self._mailbox.batch]
        settings = self.socket.settings
        if self._attempts >= settings.max_attempts:
            self._give_up(missing)
            self._timer = None
            self._send()
            return
        pause = min(30.0, 0.5 * 2**self._attempts) * random.uniform(0.5, 1.0)
        self._timer = self.socket.runtime.later(pause, self._again)
        self._mailbox.put_back({number for number in batch if number not in missing})

    def _again(self) -> None:
        self._timer = None
        self._send()

    def _give_up(self, missing: set[int]) -> None:
        event, adapter = self.crowd.kind.event, self.crowd.kind.adapter
        logger.error(
            "subscription %r of %s: not acknowledged %d times; given up: messages %s",
            event, adapter.__qualname__, self._attempts, sorted(missing),
        )  # fmt: skip
        self._attempts = 0
        self.socket.server.counters["undelivered"] += 1
        self.socket.emit(UNDELIVERED, [{"event": event, "ids": sorted(missing)}])
        self._mailbox.finish()

    @property
    def depth(self) -> int:
        return self._mailbox.depth

    @property
    def hold(self) -> Stamp | None:
        return self._mailbox.hold

    @property
    def catching_up(self) -> bool:
        return self._mailbox.catching_up

    def leave(self) -> None:
        if self._timer is not None:
            self._timer.kill()
        self._mailbox.close()
