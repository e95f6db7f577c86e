"""``listen``, ``validate`` and ``secure_emit``: the loop of 2013, on a mailbox."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio.adapter import AbstractAdapter, check_adapter
from pgsocketio.errors import Disconnected
from pgsocketio.mailbox import Mailbox
from pgsocketio.message import Message
from pgsocketio.position import Since
from pgsocketio.shown import is_unchanged, show
from pgsocketio.wire import UNDELIVERED, envelope, reader_key

if TYPE_CHECKING:
    from pgsocketio.engine import Prepared
    from pgsocketio.socket import NamespaceSocket

logger = logging.getLogger("pgsocketio.reader")


class Reader:
    """One listener with one adapter.

    What is emitted between one :meth:`listen` and the next belongs to the batch that the first
    returned: it carries the ids of its messages, and the client's position waits for it.

    :param socket: the connection it speaks to.
    :param adapter: which messages.
    :param name: of the handler, the same after a restart.
    :param since: where to start, None: with the next message.
    """

    __slots__ = (
        "_arrived", "_attempts", "_emitted", "_formatter", "_key", "_mailbox", "_name", "_shown",
        "_since", "_socket", "_sources", "adapter",
    )  # fmt: skip

    def __init__(
        self,
        socket: NamespaceSocket,
        adapter: type[AbstractAdapter],
        name: str,
        since: Since | None = None,
    ) -> None:
        self._socket = socket
        self.adapter = check_adapter(adapter)
        self._formatter = adapter()
        self._name = name
        self._since = since
        self._key = ""
        self._mailbox: Mailbox | None = None
        self._arrived = socket.runtime.event()
        self._shown: list[Any] = []
        self._sources: list[Message] = []
        self._emitted = 0
        self._attempts = 0

    @property
    def mailbox(self) -> Mailbox | None:
        """None before the first ``listen``."""
        return self._mailbox

    def listen(self, *args: Any, timeout: float | None = None) -> list[Any]:
        """Wait for messages.

        :param args: handed to the adapter; the first is compared with its ``index``.
        :param timeout: seconds, None: for ever.
        :returns: the messages as the adapter formats them, in order; empty when time is over.
        :raises Disconnected: when the client is gone.
        :raises TypeError: for arguments that the adapter's index cannot find.
        """
        if self._socket.gone is not None:
            raise Disconnected()  # nobody would end it
        mailbox = self._open(args)
        if mailbox.is_put_back:
            self._attempts += 1
            self._socket.runtime.sleep(self._pause())
        else:
            self._attempts = 0
        while not mailbox.closed:
            self._arrived.clear()
            self._emitted = 0
            if messages := mailbox.next():
                self._shown, self._sources = show(self._formatter, messages, args, self._key)
                if self._shown:
                    return self._shown
            else:
                self._shown, self._sources = [], []
                if not self._arrived.wait(timeout):
                    return []
        raise Disconnected()

    def _open(self, args: tuple[Any, ...]) -> Mailbox:
        if self._mailbox is not None and self._mailbox.args == args:
            return self._mailbox
        key = reader_key(self._name, self.adapter, args)
        if self._mailbox is None:
            since = self._socket.progress.since(key) or self._since
        else:
            since = self._mailbox.close(done=True)
        self._key = key
        socket = self._socket
        limits = socket.settings.mailbox
        mailbox = Mailbox(socket.hub, self.adapter, args, self._arrived.set, limits, socket.missed)
        mailbox.start(since)
        self._mailbox = mailbox
        return mailbox

    def validate(self, ok: bool = True) -> None:
        """Say whether the batch is done with; False: the next ``listen`` returns it again."""
        if not ok and self._mailbox is not None:
            self._mailbox.put_back()

    def emit(
        self, event: str, args: Sequence[Any], callback: Callable[..., Any] | None = None
    ) -> None:
        """Send an event that belongs to the batch in hand. Delivery: at most once.

        What listeners send on as it was shown to them is encoded once for all of them.
        """
        shared = None if callback is not None else self._shared(event, args)
        if shared is None:
            self._socket.emit(event, args, callback, self.envelope(event, args))
        else:
            self._socket.send_prepared(shared)

    def _shared(self, event: str, args: Sequence[Any]) -> Prepared | None:
        """The packet of an event that shows one message, and shows it unchanged."""
        mailbox, socket = self._mailbox, self._socket
        if len(args) != 1 or mailbox is None or not mailbox.in_hand or event in sio.RESERVED_EVENTS:
            return None
        value = args[0]
        if not isinstance(value, (dict, list)):
            return None  # of equal numbers nobody knows which message they show
        message = self._source(value)
        if message is None or not is_unchanged(value, message, self._key):
            return None
        number, generation = self._next_number(1), mailbox.generation
        key = (socket.name, socket.version, event, self._key, number, generation)
        packet = message.forms.get(key)
        if packet is None:
            about = envelope(self._key, event, number, [message["id"]], generation)
            packet = message.forms[key] = socket.prepare(event, args, about)
        return packet

    def _source(self, value: Any) -> Message | None:
        """The message that was shown as this object."""
        for shown, message in zip(self._shown, self._sources):
            if shown is value:
                return message
        return None

    def _next_number(self, messages: int) -> int:
        """Of an event of this batch, which shows so many messages."""
        self._socket.progress.sent += messages
        number, self._emitted = self._emitted, self._emitted + 1
        return number

    def envelope(self, event: str, args: Sequence[Any]) -> Any:
        """The envelope of an event that is emitted now, None when no batch is in hand."""
        if self._mailbox is None or not self._mailbox.in_hand:
            return None
        ids = [message["id"] for message in self._about(args)]
        number = self._next_number(len(ids))
        return envelope(self._key, event, number, ids, self._mailbox.generation)

    def _about(self, args: Sequence[Any]) -> Sequence[Message]:
        """The messages that arguments show, where they are the very objects; else the batch."""
        if len(self._sources) == 1:
            return self._sources
        candidates: list[Any] = []
        for arg in args:
            candidates.append(arg)
            if isinstance(arg, (list, tuple)):
                candidates.extend(arg)
        given = {id(candidate) for candidate in candidates if isinstance(candidate, (dict, list))}
        if id(self._shown) in given:
            return self._sources
        pairs = zip(self._shown, self._sources)
        return [source for shown, source in pairs if id(shown) in given] or self._sources

    def secure_emit(self, event: str, *args: Any) -> bool:
        """Emit, and wait until the client's handlers have returned.

        Delivery: until acknowledged, at most :attr:`ServerSettings.max_attempts` times; the
        messages stay in the mailbox, and the next ``listen`` returns them after a failure.

        :returns: whether the client acknowledged.
        """
        if self._socket.emit_and_wait(event, args, self.envelope(event, args)):
            return True
        if self._mailbox is None or not self._mailbox.batch or self._socket.gone is not None:
            return False
        if self._attempts + 1 >= self._socket.settings.max_attempts:
            self._give_up(event)
        else:
            self._mailbox.put_back()
        return False

    def _give_up(self, event: str) -> None:
        assert self._mailbox is not None
        ids = [message["id"] for message in self._mailbox.batch]
        logger.error(
            "%s: %r was not acknowledged %d times; given up: messages %s",
            self._name, event, self._attempts + 1, ids,
        )  # fmt: skip
        self._socket.server.counters["undelivered"] += 1
        self._socket.emit(UNDELIVERED, [{"event": event, "ids": ids}])
        self._mailbox.finish()

    def _pause(self) -> float:
        """Seconds before the next attempt: doubled each time, with jitter."""
        return float(min(30.0, 0.125 * 2**self._attempts) * random.uniform(0.5, 1.0))

    def leave(self, give_up: bool = False) -> Since | None:
        """Stop listening.

        :param give_up: the batch in hand is done with, whatever happened to it.
        :returns: where a successor would start to get what this one did not finish.
        """
        if give_up and self._mailbox is not None:
            ids = [message["id"] for message in self._mailbox.batch]
            logger.error("%s fails again and again; given up: messages %s", self._name, ids)
            self._socket.server.counters["undelivered"] += 1
            self._mailbox.finish()
        self._socket.listeners.forget(self)
        return self._since if self._mailbox is None else self._mailbox.close()
