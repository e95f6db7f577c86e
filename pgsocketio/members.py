"""Who is where: the clients of this process by scope, namespace and room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio.packet import Packet

if TYPE_CHECKING:
    from pgsocketio.engine import Prepared
    from pgsocketio.socket import NamespaceSocket

Key = tuple[str, str, "str | None"]


@dataclass(frozen=True, slots=True)
class Target:
    """Which clients are meant: those that fit all that is given; without anything, every client.

    :param sids: Socket.IO sids, of which theirs is one.
    :param user: as :meth:`pgsocketio.namespace.BaseNamespace.get_user` names it.
    :param namespace: such as ``/chat``.
    """

    sids: tuple[str, ...] | None = None
    user: str | None = None
    namespace: str | None = None

    def fits(self, socket: NamespaceSocket) -> bool:
        return (
            (self.sids is None or socket.sid in self.sids)
            and (self.namespace is None or socket.name == self.namespace)
            and (self.user is None or socket.user == self.user)
        )

    def to_json(self) -> dict[str, Any]:
        """What travels between server processes."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Target:
        """What another process meant."""
        sids = data["sids"]
        return cls(None if sids is None else tuple(sids), data["user"], data["namespace"])


class Members:
    """The clients of this process that were let in.

    :ivar changes: how often one came or went.
    :param prepare: makes the transport's form of an encoded packet.
    :param breathe: called after each batch of sends, so that others get their turn.
    :param batch: how many clients are served in between.
    """

    def __init__(
        self,
        prepare: Callable[[Sequence[str | bytes]], Prepared],
        breathe: Callable[[], Any] = lambda: None,
        batch: int = 100,
    ) -> None:
        self._prepare = prepare
        self._sets: dict[Key, dict[NamespaceSocket, None]] = {}
        self.changes = 0
        self._breathe = breathe
        self._batch = batch

    def add(self, socket: NamespaceSocket) -> None:
        self._sets.setdefault(self._key(socket), {})[socket] = None
        self.changes += 1
        for room in socket.rooms:
            self.join(socket, room)

    def join(self, socket: NamespaceSocket, room: str) -> None:
        if socket.scope is not None and socket.gone is None:
            self._sets.setdefault(self._key(socket, room), {})[socket] = None

    def leave(self, socket: NamespaceSocket, room: str) -> None:
        self._remove(self._key(socket, room), socket)

    def discard(self, socket: NamespaceSocket) -> None:
        self._remove(self._key(socket), socket)
        self.changes += 1
        for room in socket.rooms:
            self.leave(socket, room)

    @staticmethod
    def _key(socket: NamespaceSocket, room: str | None = None) -> Key:
        return (socket.scope.name if socket.scope else "", socket.name, room)

    def _remove(self, key: Key, socket: NamespaceSocket) -> None:
        members = self._sets.get(key, {})
        members.pop(socket, None)
        if not members:
            self._sets.pop(key, None)

    def all(self) -> Iterable[NamespaceSocket]:
        """Every client, once; giving way to others now and then."""
        for scope in dict.fromkeys(key[0] for key in self._sets):
            yield from self.of(scope)

    def of(self, scope: str) -> Iterable[NamespaceSocket]:
        """Every client of a scope, once; giving way to others now and then."""
        for members in self._namespaces(scope):
            for batch in self._batches(members):
                yield from (socket for socket in batch if socket in members)

    def first(self, scope: str, most: int) -> dict[NamespaceSocket, None]:
        """The clients of a scope, at most so many; without giving way to others."""
        return dict.fromkeys(islice(chain.from_iterable(self._namespaces(scope)), most))

    def count(self, scope: str) -> int:
        """How many clients a scope has."""
        return sum(map(len, self._namespaces(scope)))

    def counts(self) -> dict[tuple[str, str], int]:
        """How many clients each namespace has in each scope."""
        return {(s, name): len(all) for (s, name, room), all in self._sets.items() if room is None}

    def _namespaces(self, scope: str) -> list[dict[NamespaceSocket, None]]:
        """The clients of each namespace of a scope."""
        sets = self._sets.items()
        return [members for (s, _name, room), members in sets if s == scope and room is None]

    def _batches(self, members: dict[NamespaceSocket, None]) -> Iterable[list[NamespaceSocket]]:
        """Those who are still there when it is their turn."""
        sockets = list(members)
        for start in range(0, len(sockets), self._batch):
            if start:
                self._breathe()
            yield [one for one in sockets[start : start + self._batch] if one in members]

    def emit(
        self,
        scope: str,
        namespace: str,
        event: str,
        args: Sequence[Any],
        room: str | None = None,
        skip: str | None = None,
    ) -> None:
        """Send one event to the clients of a namespace or room; it is encoded once per version."""
        members = self._sets.get((scope, namespace, room), {})
        plain = self._prepare(sio.encode(Packet(sio.EVENT, namespace, [event, *args])))
        versioned = self._prepare(sio.encode(Packet(sio.EVENT, namespace, [event, *args, None])))
        for batch in self._batches(members):
            to = [socket for socket in batch if socket.sid != skip]
            plain.send_to([s.client.connection for s in to if s.version is None])
            versioned.send_to([s.client.connection for s in to if s.version is not None])
            for socket in to[:1]:
                socket.traffic.sent += len(to)

    def kick(self, scope: str, target: Target, reason: str) -> int:
        """Close clients of a scope; official clients do not come back by themselves.

        :param reason: what they are told.
        :returns: how many there were.
        """
        closed = 0
        for socket in self.of(scope):
            if target.fits(socket):
                socket.disconnect(reason=reason)
                closed += 1
        return closed
