"""A user's client of a namespace, without a server and without a COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from odoo.tests.common import release_test_lock

from pgsocketio.message import Message
from pgsocketio.namespace import BaseNamespace
from pgsocketio.testing import MemoryDatabase, NamespaceDriver

from ..compat_auth import user_level
from ..environment import Cursors
from ..session import OdooSession

if TYPE_CHECKING:
    from odoo.addons.base.models.res_users import ResUsers

    from .common import SocketIOMixin

DATE = "2026-01-01T00:00:00.000000+00:00"


class TestDatabase(MemoryDatabase):
    """The test's database as a server sees it: its log holds what the test publishes.

    :ivar cursors: bounds those that handlers open.
    """

    cursors: Cursors
    _case: SocketIOMixin | None = None

    def enter(self, case: SocketIOMixin) -> None:
        """Hear what a test publishes from now on."""
        if self._case is None:
            self._case, self.name, self.cursors = case, case.env.cr.dbname, Cursors(16)
            self._delivered: dict[bool, int] = {}
            self._published()

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A cursor beside those of the ORM."""
        with self._case.registry.cursor() as cursor:
            yield cursor

    def deliver(self) -> bool:
        """Let what was published arrive as by NOTIFY, as if the test's transaction was committed.

        :returns: whether there was anything.
        """
        messages = self._published()
        for each in messages:
            transaction = self.transaction()
            xid = None if each["id"] is None else transaction.xid
            message = Message(
                each["id"], each["channel"], each["uid"], DATE, each["values"], xid=xid
            )
            self.committed(transaction.xid, [message] if xid else [])
            self.hub.deliver_inline([message])
        return bool(messages)

    def _published(self) -> list[dict[str, Any]]:
        """What the test has published since the last call; volatile messages last."""
        messages = []
        for durable in (True, False):
            published = self._case.published(durable)
            messages += published[self._delivered.get(durable, 0) :]
            self._delivered[durable] = len(published)
        return messages


class UserDriver(NamespaceDriver):
    """One client; made by ``SocketIOMixin.connect``.

    What the test or a handler publishes arrives when the driver next settles, as if the test's
    transaction had been committed.
    """

    database_class = TestDatabase

    def __init__(
        self,
        case: SocketIOMixin,
        namespace_class: type[BaseNamespace],
        user: ResUsers,
        beside: UserDriver | None = None,
    ) -> None:
        self._case, self._user = case, user
        super().__init__(namespace_class, beside=beside)

    def new_session(self) -> OdooSession:
        """The connection has been found to be the user's."""
        self.database.enter(self._case)
        session = OdooSession(self.database, None, self._user.id, self._user.login)
        session.level = user_level(self._user)
        return session

    def settle(self) -> None:
        self._case.env.cr.flush()  # what is published before a COMMIT, too
        self._run(super().settle)
        while self.database.deliver():
            self._run(super().settle)
        return self._case.env.invalidate_all()

    def take(self) -> list[tuple[str, list[Any]]]:
        """The events that came since the last call: name and arguments.

        They are acknowledged, as a page does it when its handlers have returned; what the server
        sends then is among them.
        """
        taken = []
        while packets := self.packets():
            for packet in packets:
                taken.append((packet.data[0], packet.data[1:]))
                if packet.id is not None:
                    self.acknowledge(packet)
        return taken

    def advance(self, seconds: float) -> None:
        self._run(lambda: self.runtime.advance(seconds))
        self.settle()

    def close(self) -> None:
        return self._run(super().close)

    def _run(self, function: Callable[[], None]) -> None:
        """Call what lets handlers run: they open cursors in threads of their own."""
        with release_test_lock():
            function()
