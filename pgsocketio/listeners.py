"""What of a client messages go to: its blocking readers and its subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import HandlerError
from pgsocketio.position import Since
from pgsocketio.reader import Reader
from pgsocketio.subscription import AcknowledgedSubscriber, Subscriber, subscription_key

if TYPE_CHECKING:
    from pgsocketio.mailbox import Mailbox
    from pgsocketio.socket import NamespaceSocket


class Listeners:
    """The readers and subscriptions of one client on one namespace; they end with it."""

    __slots__ = ("_readers", "_socket", "_subscribers")

    def __init__(self, socket: NamespaceSocket) -> None:
        self._socket = socket
        self._readers: dict[Reader, None] = {}
        self._subscribers: tuple[Subscriber, ...] = ()

    def new_reader(
        self, adapter: type[AbstractAdapter], name: str, since: Since | None = None
    ) -> Reader:
        """A blocking reader."""
        reader = Reader(self._socket, adapter, name, since)
        self._readers[reader] = None
        return reader

    def forget(self, reader: Reader) -> None:
        """A reader has left."""
        self._readers.pop(reader, None)

    def subscribe(
        self,
        event: str,
        adapter: type[AbstractAdapter],
        args: Sequence[Any],
        acknowledged: bool = False,
    ) -> None:
        """Send each message that an adapter chooses as an event, from now on.

        Nothing when the client is gone: nobody would end it.

        :raises HandlerError: when the client has too many already.
        """
        socket, key = self._socket, subscription_key(event, adapter, args)
        if socket.gone is not None or any(one.key == key for one in self._subscribers):
            return
        most = socket.settings.max_subscriptions
        if len(self._subscribers) >= most:
            raise HandlerError(f"a client may have {most} subscriptions at most")
        kind = AcknowledgedSubscriber if acknowledged else Subscriber
        slot = self._free_slot() if acknowledged else 0
        subscriber = kind(socket, event, adapter, args, slot)
        if socket.gone is None:
            self._subscribers += (subscriber,)
        else:  # meanwhile: a hub may have to wait for its broker
            subscriber.leave()

    def _free_slot(self) -> int:
        slots = {one.slot for one in self._subscribers if one.asks}
        free = next((slot for slot in range(sio.SLOTS - 1) if slot not in slots), None)
        if free is None:
            text = f"a client may have {sio.SLOTS - 1} acknowledged subscriptions at most"
            raise HandlerError(text)
        return free

    def unsubscribe(self, event: str, adapter: type[AbstractAdapter], args: Sequence[Any]) -> None:
        """End a subscription; one that there is not, too."""
        key = subscription_key(event, adapter, args)
        for subscriber in self._subscribers:
            if subscriber.key == key:
                subscriber.leave()
        self._subscribers = tuple(one for one in self._subscribers if one.key != key)

    def end(self, unwanted: Callable[[type[AbstractAdapter]], bool]) -> None:
        """End all that listens with certain adapters; a job that waits there ends, too.

        :param unwanted: tells which.
        """
        for reader in list(self._readers):
            if unwanted(reader.adapter):
                reader.leave()
        ended = [one for one in self._subscribers if unwanted(one.crowd.kind.adapter)]
        for subscriber in ended:
            subscriber.leave()
        self._subscribers = tuple(one for one in self._subscribers if one not in ended)

    def leave(self) -> None:
        """The client is gone."""
        for reader in list(self._readers):
            reader.leave()
        for subscriber in self._subscribers:
            subscriber.leave()

    @property
    def all(self) -> list[Mailbox | Subscriber]:
        """Whatever messages go to."""
        mailboxes = [r.mailbox for r in self._readers if r.mailbox is not None]
        return [*mailboxes, *self._subscribers]

    @property
    def waiting(self) -> int:
        """Messages in mailboxes, those in hand included."""
        waiting = 0
        for one in self._subscribers:
            waiting += one.depth
        for reader in self._readers:
            waiting += 0 if reader.mailbox is None else reader.mailbox.depth
        return waiting
