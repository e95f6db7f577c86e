"""A place in the message log: a snapshot, not a number.

Ids are given at INSERT, but rows appear at COMMIT, so "id > last" loses what commits late. A
position is the snapshot of the read that found it; the next read takes whatever that snapshot did
not see. Source: PostgreSQL manual, 9.27 "System Information Functions", pg_snapshot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgsocketio.errors import BadPosition

MAX_TOKEN = 16_384
"""Most characters of a position that a client may send."""

_XID = r"[1-9]\d{0,18}"
_SNAPSHOT = re.compile(rf"({_XID}):({_XID}):((?:{_XID}(?:,{_XID})*)?)", re.ASCII)
_TOKEN = re.compile(r"([0-9a-f]{16}):(.+)", re.ASCII)
_MAX_XID = 2**63 - 1
NOTHING: frozenset[int] = frozenset()
"""The one empty set of ids: CPython makes a new one at each call."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which transactions a read saw.

    :param xmin: every transaction below is seen, unless it was rolled back.
    :param xmax: no transaction from here on is seen.
    :param xip: those between, in progress at the time, ascending; not seen.
    """

    xmin: int
    xmax: int
    xip: tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Snapshot:
        """Read PostgreSQL's text form, ``xmin:xmax:xip,xip``.

        :raises BadPosition: where PostgreSQL would refuse it.
        """
        match = _SNAPSHOT.fullmatch(text)
        if match is None:
            raise BadPosition()
        xip = tuple(map(int, match[3].split(","))) if match[3] else ()
        snapshot = cls(int(match[1]), int(match[2]), xip)
        ascending = all(a < b for a, b in zip(xip, xip[1:]))
        inside = not xip or (snapshot.xmin <= xip[0] and xip[-1] < snapshot.xmax)
        if not (snapshot.xmin <= snapshot.xmax <= _MAX_XID and ascending and inside):
            raise BadPosition()
        return snapshot

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.xip))}"

    def meet(self, other: Snapshot) -> Snapshot:
        """The snapshot that sees only what both see: where to read from to serve both."""
        xmax = min(self.xmax, other.xmax)
        xip = {xid for xid in (*self.xip, *other.xip) if xid < xmax}
        return Snapshot(min((xmax, *xip)), xmax, tuple(sorted(xip)))

    def needs(self, trimmed: int, now: Snapshot) -> bool:
        """Whether something after this snapshot may be among what was trimmed.

        :param trimmed: the newest transaction that was.
        :param now: what still runs there was not trimmed.
        """
        return trimmed >= self.xmax or any(xid <= trimmed and now.sees(xid) for xid in self.xip)

    def sees(self, xid: int) -> bool:
        """Whether a transaction committed before this snapshot was taken (or was rolled back)."""
        return xid < self.xmin or (xid < self.xmax and xid not in self.xip)


@dataclass(frozen=True, slots=True)
class Position:
    """A snapshot, and the log it belongs to.

    :param epoch: 16 hexadecimal digits that name database, cluster, timeline and log.
    :param snapshot: what lies behind this position.
    """

    epoch: str
    snapshot: Snapshot

    @classmethod
    def parse(cls, token: object) -> Position:
        """Read what a client sent; it is untrusted input.

        :raises BadPosition: for anything that :meth:`__str__` does not write.
        """
        if not isinstance(token, str) or len(token) > MAX_TOKEN:
            raise BadPosition()
        match = _TOKEN.fullmatch(token)
        if match is None:
            raise BadPosition()
        return cls(match[1], Snapshot.parse(match[2]))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.snapshot}"


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """What a message was delivered after; it stays needed until the message is done with.

    :param generation: orders the stamps of one hub; -1: from before it knew the client.
    :param position: to start from, to get the message again.
    :param delivered: the hub's generation at the delivery; its next position covers the message.
        For what was read again, that is newer than the generation.
    """

    generation: int
    position: Position
    delivered: int


@dataclass(frozen=True, slots=True)
class Since:
    """Where a listener starts: after a position, but not with what it has already.

    :param position: everything before lies behind.
    :param seen: ids that it got after that position.
    :param generation: as in :class:`Stamp`.
    """

    position: Position
    seen: frozenset[int] = NOTHING
    generation: int = -1

    def stamp(self, delivered: int) -> Stamp:
        """The stamp of what is delivered from there on, by a hub of that generation."""
        return Stamp(self.generation, self.position, delivered)
