"""Random publishers, reads and listeners against a model: nothing lost, nothing twice, in order."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pgsocketio.hub import Hub
from pgsocketio.mailbox import Mailbox, MailboxLimits
from pgsocketio.message import Message
from pgsocketio.position import Position, Since
from pgsocketio.testing import MemoryDatabase, Transaction

from .listeners import All, ToRoom

ROOMS = ("a", "b")


class Listener:
    """A client that comes and goes; what it must get is known from when it first came."""

    def __init__(self, hub: Hub, room: str | None, since: Since | None, bound: int) -> None:
        self.room, self.bound = room, bound
        self.done: list[int] = []
        self.mailbox: Mailbox | None = None
        self.since = since
        self.enter(hub)

    def enter(self, hub: Hub) -> None:
        adapter, args = (All, ()) if self.room is None else (ToRoom, (self.room,))
        limits = MailboxLimits(messages=self.bound)
        self.mailbox = Mailbox(hub, adapter, args, lambda: None, limits)
        self.mailbox.start(self.since)

    def leave(self) -> None:
        assert self.mailbox is not None
        self.since, self.mailbox = self.mailbox.close(), None

    def wants(self, message: Message) -> bool:
        return self.room in (None, message["values"]["room"])


class HubMachine(RuleBasedStateMachine):
    """The steps of several transactions, of reads in pages, and of listeners, in any order."""

    @initialize()
    def begin(self) -> None:
        self.database = MemoryDatabase()
        self.hub = self.database.hub
        self.database.read()
        self.open: list[tuple[Transaction, list[Message]]] = []
        self.committed: list[Message] = []
        self.unheard: list[Message] = []
        self.listeners: list[tuple[Listener, Position, set[int]]] = []
        self.pages: list[list[Message]] = []
        self.reading: Position | None = None

    # -- publishers --------------------------------------------------------------------------

    @rule(rooms=st.lists(st.sampled_from(ROOMS), min_size=1, max_size=4))
    def publish(self, rooms: list[str]) -> None:
        transaction = self.database.transaction()
        messages = [transaction.publish("chat", room=room) for room in rooms]
        self.open.append((transaction, messages))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), notified=st.booleans())
    def commit(self, data: Any, notified: bool) -> None:
        transaction, messages = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        transaction.commit(inline=False)
        self.committed += messages
        if notified:
            self.unheard += messages

    @precondition(lambda self: self.open)
    @rule()
    def rollback(self) -> None:
        self.open.pop(0)[0].rollback()

    # -- the one job of the listener: it hears, or it reads ------------------------------------

    @precondition(lambda self: self.unheard)
    @rule()
    def hear(self) -> None:
        heard, self.unheard = self.unheard, []
        self.hub.deliver_inline(heard)

    @precondition(lambda self: self.reading is None)
    @rule(size=st.integers(1, 3))
    def begin_read(self, size: int) -> None:
        self.reading = self.database.position()
        rows = self.database.rows(self.hub.begin_read(self.reading))
        self.pages = [rows[start : start + size] for start in range(0, len(rows), size)]

    @precondition(lambda self: self.reading is not None)
    @rule()
    def go_on(self) -> None:
        assert self.reading is not None
        if self.pages:
            self.hub.read(self.pages.pop(0))
            return
        self.hub.end_read(self.reading)
        self.reading = None

    @precondition(lambda self: self.reading is not None)
    @rule()
    def break_off(self) -> None:
        self.reading, self.pages = None, []

    # -- listeners ---------------------------------------------------------------------------

    @rule(room=st.sampled_from([None, *ROOMS]), bound=st.integers(1, 4))
    def come(self, room: str | None, bound: int) -> None:
        """A page reads its state and then listens from there, as a client that stood there."""
        position = self.database.position()
        listener = Listener(self.hub, room, Since(position), bound)
        self.listeners.append((listener, position, set()))

    @precondition(lambda self: self.listeners)
    @rule(data=st.data())
    def take(self, data: Any) -> None:
        listener, _position, _started = self._choose(data)
        if listener.mailbox is not None:
            listener.done += [message["id"] for message in listener.mailbox.batch]
            listener.mailbox.next()

    @precondition(lambda self: self.listeners)
    @rule(data=st.data())
    def put_back(self, data: Any) -> None:
        listener, _position, _started = self._choose(data)
        if listener.mailbox is not None:
            before = listener.mailbox.batch
            listener.mailbox.put_back()
            assert listener.mailbox.next() == before or not before

    @precondition(lambda self: self.listeners)
    @rule(data=st.data())
    def leave_or_return(self, data: Any) -> None:
        listener, _position, _started = self._choose(data)
        if listener.mailbox is None:
            listener.enter(self.hub)
        else:
            listener.leave()

    def _choose(self, data: Any) -> tuple[Listener, Position, set[int]]:
        return self.listeners[data.draw(st.integers(0, len(self.listeners) - 1))]

    # -- what must hold ------------------------------------------------------------------------

    @invariant()
    def nothing_twice_and_nothing_foreign(self) -> None:
        for listener, position, _started in getattr(self, "listeners", ()):
            given = list(listener.done)
            if listener.mailbox is not None:
                given += [message["id"] for message in listener.mailbox.batch]
            assert len(given) == len(set(given))
            assert set(given) <= {message["id"] for message in self._due(listener, position)}

    @invariant()
    def what_is_not_done_lies_after_the_hold(self) -> None:
        """A client that lost everything but the position it may be told misses nothing."""
        for listener, position, _started in getattr(self, "listeners", ()):
            mailbox = listener.mailbox
            if mailbox is None or mailbox.catching_up or self.hub.stamp is None:
                continue
            told = (mailbox.hold or self.hub.stamp).position
            again = {message["id"] for message in self.database.rows(told.snapshot)}
            for message in self._due(listener, position):
                assert message["id"] in again or message["id"] in listener.done

    def _due(self, listener: Listener, position: Position) -> list[Message]:
        sees = position.snapshot.sees
        due = [m for m in self.committed if listener.wants(m) and not sees(m.xid or 0)]
        return sorted(due, key=lambda message: int(message["id"]))

    def teardown(self) -> None:
        """At the end everybody is there, and gets the rest."""
        if not hasattr(self, "listeners"):
            return
        for listener, _position, _started in self.listeners:
            if listener.mailbox is None:
                listener.enter(self.hub)
        for _ in range(2 * len(self.committed) + 3):  # one message a time, at worst
            self.database.read()
            for listener, _position, _started in self.listeners:
                assert listener.mailbox is not None
                listener.done += [message["id"] for message in listener.mailbox.batch]
                listener.mailbox.next()
        for listener, position, _started in self.listeners:
            due = self._due(listener, position)
            assert sorted(listener.done) == [message["id"] for message in due]
            self._in_order_within_transactions(listener, due)

    def _in_order_within_transactions(self, listener: Listener, due: list[Message]) -> None:
        place = {number: index for index, number in enumerate(listener.done)}
        for xid in {message.xid for message in due}:
            places = [place[message["id"]] for message in due if message.xid == xid]
            assert places == sorted(places)


TestHub = HubMachine.TestCase
TestHub.settings = settings(max_examples=100, stateful_step_count=40)
