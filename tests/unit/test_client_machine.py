"""A client that keeps the wire protocol, against a model: each handler sees each message once.

Plain, acknowledged and blocking listeners of one client, of which each may hang; connections that
break at any moment; reads in pages, content that is heard before they cover it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pgsocketio.mailbox import MailboxLimits
from pgsocketio.message import Message
from pgsocketio.namespace import BaseNamespace
from pgsocketio.position import Position
from pgsocketio.settings import ServerSettings
from pgsocketio.subscription import Subscription
from pgsocketio.testing import NamespaceDriver, Transaction
from tests.chaos.keeper import Keeper

from .listeners import All, ToRoom

SETTINGS = ServerSettings(
    resume_window=0, ack_timeout=1e6, mailbox=MailboxLimits(messages=2), max_attempts=10**6
)
ROOMS = ("a", "b")
WANTED: dict[str, tuple[str, ...]] = {"all": ROOMS, "a": ("a",), "b": ("b",), "loop": ROOMS}
"""What each event of the page is about."""
HANGING = ("a", "b", "loop")


class Page(BaseNamespace):
    subscriptions = [
        Subscription("all", All),
        Subscription("a", ToRoom, lambda _session: ("a",), acknowledged=True),
        Subscription("b", ToRoom, lambda _session: ("b",), acknowledged=True),
    ]

    def admitted(self) -> None:
        self.spawn(self.follow)

    def follow(self) -> None:
        reader = self.socket.jobs.reader(All)
        while True:
            reader.secure_emit("loop", reader.listen())


class ClientMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.driver = self.client = NamespaceDriver(Page, {"v": 1}, settings=SETTINGS)
        self.database, self.hub = self.driver.database, self.driver.database.hub
        self.keeper = Keeper()
        self.handled: dict[str, list[int]] = {event: [] for event in WANTED}
        self.hanging: set[str] = set()
        self.open: list[tuple[Transaction, list[Message]]] = []
        self.unheard: list[Message] = []
        self.due: list[Message] = []
        self.pages: list[list[Message]] = []
        self.reading: Position | None = None
        self.database.by_hand = True
        self.receive()
        assert self.keeper.position

    # -- publishers and the listener of the database -------------------------------------------

    @rule(rooms=st.lists(st.sampled_from(ROOMS), min_size=1, max_size=3))
    def publish(self, rooms: list[str]) -> None:
        transaction = self.database.transaction()
        messages = [transaction.publish("chat", room=room) for room in rooms]
        self.open.append((transaction, messages))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), notified=st.booleans())
    def commit(self, data: Any, notified: bool) -> None:
        transaction, messages = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        transaction.commit(inline=False)
        self.due += messages
        if notified:
            self.unheard += messages

    @precondition(lambda self: self.unheard)
    @rule()
    def hear(self) -> None:
        heard, self.unheard = self.unheard, []
        self.hub.deliver_inline(heard)
        self.driver.runtime.settle()

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
        else:
            self.hub.end_read(self.reading)
            self.reading = None
        self.driver.runtime.settle()

    @precondition(lambda self: self.reading is not None)
    @rule()
    def break_off(self) -> None:
        self.reading, self.pages = None, []

    # -- the client ----------------------------------------------------------------------------

    @rule()
    def receive(self) -> None:
        for packet in self.client.packets():
            event, *args, envelope = packet.data
            if event == "web_socketio:ready":
                self.keeper.ready(args[0]["recovered"])
            elif event == "web_socketio:position":
                self.keeper.arrived(args[0]["p"], args[0]["g"])
            elif self._handle(event, args, envelope) and packet.id is not None:
                self.client.acknowledge(packet)

    def _handle(self, event: str, args: list[Any], envelope: dict[str, Any]) -> bool:
        if self.keeper.has_seen(envelope):
            return True
        if event in self.hanging:
            return False
        messages = args[0] if isinstance(args[0], list) else args
        self.handled[event] += [message["id"] for message in messages]
        self.keeper.remember(envelope)
        return True

    @rule(event=st.sampled_from(HANGING))
    def hang(self, event: str) -> None:
        self.hanging ^= {event}

    @rule()
    def tell(self) -> None:
        self.driver.server.tell_positions()

    @rule(received=st.booleans())
    def come_back(self, received: bool) -> None:
        """The connection breaks, before or after what is on its way arrives."""
        if received:
            self.receive()
        self.client.drop()
        auth = {"v": 1, **self.keeper.auth}
        self.client = NamespaceDriver(Page, auth, settings=SETTINGS, beside=self.driver)

    # -- what must hold ------------------------------------------------------------------------

    @invariant()
    def nothing_twice(self) -> None:
        for event, ids in getattr(self, "handled", {}).items():
            assert len(ids) == len(set(ids)), event

    def teardown(self) -> None:
        """In the end nothing hangs, and everything has arrived."""
        if not hasattr(self, "driver"):
            return
        try:
            self.hanging.clear()
            self.come_back(received=False)
            for _ in range(len(self.due) + 3):  # one message at a time, at worst
                self.database.read()
                self.receive()
            self.nothing_twice()
            for event, rooms in WANTED.items():
                due = {message["id"] for message in self.due if message["values"]["room"] in rooms}
                assert set(self.handled[event]) == due, event
        finally:
            self.driver.close()


TestClient = ClientMachine.TestCase
TestClient.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
