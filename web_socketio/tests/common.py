"""For the tests of addons that publish: what was published, without a server or a COMMIT."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from odoo.tests.common import TransactionCase
from odoo.tests.test_cursor import TestCursor
from odoo.tools.misc import Callbacks

from pgsocketio.namespace import BaseNamespace

from .driver import UserDriver

if TYPE_CHECKING:
    from odoo.addons.base.models.res_users import ResUsers

_DURABLE = """
    SELECT id, channel, uid, payload FROM web_socketio_log
    WHERE xid = pg_current_xact_id_if_assigned() ORDER BY id
"""
_VOLATILE = """
    SELECT sealed FROM web_socketio_volatile
    WHERE xid = pg_current_xact_id_if_assigned() ORDER BY ctid
"""


class SocketIOMixin:
    """Beside any of Odoo's test cases that has ``self.env``.

    ::

        with self.assert_notified("notification", to_id=user.id):
            record.action_send()
    """

    def notified(self, channel: str) -> list[dict[str, Any]]:
        """What this test has published and not rolled back since, in order; volatile ones last.

        :param channel: of the messages.
        :returns: messages as ``{'id', 'channel', 'uid', 'values'}``; ``id`` is None for a volatile.
        """
        messages = self.published(True) + self.published(False)
        return [message for message in messages if message["channel"] == channel]

    def published(self, durable: bool) -> list[dict[str, Any]]:
        """As :meth:`notified`, of all channels: those that are in the log, or the volatile ones."""
        cr = self.env.cr
        cr.execute(_DURABLE if durable else _VOLATILE)
        rows = cr.fetchall()
        if not durable:
            bodies = [json.loads(sealed.split(":", 2)[2]) for (sealed,) in rows]
            rows = [(None, body["c"], body["u"], body["p"]) for body in bodies]
        return [dict(zip(("id", "channel", "uid", "values"), row)) for row in rows]

    def connect(
        self,
        namespace_class: type[BaseNamespace],
        user: ResUsers,
        beside: UserDriver | None = None,
    ) -> UserDriver:
        """Connect a user to a namespace, without a server; the client leaves with the test. ::

            chat = self.connect(ChatNameSpace, self.user)
            self.assertEqual(chat.call("post", room.id, "hello"), [message_id])
            self.assertEqual(chat.take()[0][0], "message")

        :param namespace_class: such as ``LongPollingNameSpace``.
        :param beside: another client, to be at the same server process.
        :returns: a :class:`pgsocketio.testing.NamespaceDriver` whose client hears what the test
            publishes.
        """
        if not self._registry_patched:
            self.env.flush_all()
            self.registry_enter_test_mode()
        driver = UserDriver(self, namespace_class, user, beside)
        self.addCleanup(driver.close)
        return driver

    @contextmanager
    def assert_notified(self, channel: str, **values: Any) -> Iterator[list[dict[str, Any]]]:
        """Fail unless the block publishes exactly one message that has these values.

        :param channel: of the message; others on it do not matter.
        :param values: which it has, perhaps among more.
        :returns: a list that holds, after the block, all that it published on the channel.
        """
        with self.capture_notified(channel) as published:
            yield published
        wanted = json.loads(json.dumps(values, default=str))
        matching = [m for m in published if wanted.items() <= m["values"].items()]
        if len(matching) != 1:
            shown = "\n".join(str(message["values"]) for message in published) or "nothing"
            self.fail(
                f"{len(matching)} messages on {channel!r} with {wanted}, not 1; published:\n{shown}"
            )

    @contextmanager
    def assert_not_notified(self, channel: str) -> Iterator[None]:
        """Fail when the block publishes anything on a channel."""
        with self.capture_notified(channel) as published:
            yield
        if published:
            self.fail(f"published on {channel!r}: {[message['values'] for message in published]}")

    @contextmanager
    def capture_notified(self, channel: str) -> Iterator[list[dict[str, Any]]]:
        """Fill a list with what the block publishes on a channel."""
        published: list[dict[str, Any]] = []
        before = len(self._of_kind(channel, True)), len(self._of_kind(channel, False))
        yield published
        for durable, known in zip((True, False), before):
            published.extend(self._of_kind(channel, durable)[known:])

    def _of_kind(self, channel: str, durable: bool) -> list[dict[str, Any]]:
        self.env.cr.flush()
        return [m for m in self.notified(channel) if (m["id"] is not None) == durable]

    @contextmanager
    def postcommit(self) -> Iterator[None]:
        """Run what waits for COMMIT, which Odoo's tests drop.

        Inside the block, hooks of other cursors run when these are committed; at its end those of
        the test's own cursor run. Nothing is really committed.
        """
        commit = TestCursor.commit

        def commit_and_run(cursor: TestCursor) -> None:
            hooks, cursor.postcommit = cursor.postcommit, Callbacks()
            commit(cursor)
            hooks.run()

        with patch.object(TestCursor, "commit", commit_and_run):
            yield
            self.env.cr.flush()
            self.env.cr.postcommit.run()


class SocketIOCase(SocketIOMixin, TransactionCase):
    """A ``TransactionCase`` that knows what was published."""
