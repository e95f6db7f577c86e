from datetime import timedelta

from odoo.addons.web_chat.models.web_chat_connection import LIFETIME
from odoo.tests import tagged

from .common import ChatCase


@tagged("post_install", "-at_install")
class TestChat(ChatCase):
    def test_what_one_writes_those_in_the_room_read(self):
        ada, grace = self.chat(self.ada), self.chat(self.grace)
        ada.call("join", self.room.id)
        grace.call("join", self.coffee.id)
        (message_id,) = ada.call("post", self.room.id, "hello")
        (message,) = self.events(ada, "message")
        self.assertEqual(
            (message["id"], message["author"], message["body"]), (message_id, "Ada", "hello")
        )
        events = dict(grace.take())
        self.assertNotIn("message", events)
        posted = {"id": message_id, "room_id": self.room.id, "author_id": self.ada.id}
        self.assertEqual(events["posted"], [posted], "which tells nothing of the content")

    def test_who_joins_gets_the_last_messages_and_only_those_of_the_room(self):
        ada = self.chat(self.ada)
        for text in ("one", "two"):
            ada.call("post", self.room.id, text)
        ada.call("post", self.coffee.id, "elsewhere")
        (history,) = self.chat(self.grace).call("join", self.room.id)
        self.assertEqual([message["body"] for message in history], ["one", "two"])

    def test_who_changes_rooms_leaves_the_first_one(self):
        ada, grace = self.chat(self.ada), self.chat(self.grace)
        grace.call("join", self.room.id)
        grace.call("join", self.coffee.id)
        ada.call("post", self.room.id, "hello")
        self.assertEqual(self.events(grace, "message"), [])
        self.assertEqual(self.overview(ada, self.room)[1], [])
        self.assertEqual(self.overview(ada, self.coffee)[1], ["Grace"])

    def test_a_refused_message(self):
        ada = self.chat(self.ada)
        for text, reason in (("x" * 2001, "at most 2000"), ("  ", "needs some text")):
            (answer,) = ada.call("post", self.room.id, text)
            self.assertEqual(answer["error"]["name"], "ValidationError")
            self.assertIn(reason, answer["error"]["message"])


@tagged("post_install", "-at_install")
class TestPresence(ChatCase):
    def test_a_user_is_there_while_one_of_the_pages_is(self):
        watcher = self.chat(self.grace)
        first, second = self.chat(self.ada), self.chat(self.ada)  # at two server processes
        first.call("join", self.room.id)
        (come,) = self.events(watcher, "presence")
        ada = {"id": self.ada.id, "name": "Ada"}
        self.assertEqual(come, {"room_id": self.room.id, "user": ada, "present": True})

        second.call("join", self.room.id)
        self.assertEqual(self.overview(watcher, self.room), (0, ["Ada"]))
        first.drop()
        self.assertEqual(self.events(watcher, "presence"), [], "another page is still there")
        second.call("leave")
        (gone,) = self.events(watcher, "presence")
        self.assertEqual(gone, {"room_id": self.room.id, "user": ada, "present": False})
        self.assertEqual(self.overview(watcher, self.room), (0, []))

    def test_a_page_whose_server_was_killed_counts_only_as_long_as_it_is_heard_of(self):
        ada, grace = self.chat(self.ada), self.chat(self.grace)
        for page in (ada, grace):
            page.call("join", self.room.id)
        connections = self.env["web.chat.connection"].search([])
        connections.seen_at = self.env.cr.now() - LIFETIME + timedelta(seconds=5)
        self.assertEqual(grace.call("here"), [[
            {"id": self.ada.id, "name": "Ada"}, {"id": self.grace.id, "name": "Grace"},
        ]])
        of_ada = connections.filtered(lambda one: one.member_id.user_id == self.ada)
        of_ada.seen_at = self.env.cr.now() - LIFETIME
        self.assertEqual(grace.call("here"), [[{"id": self.grace.id, "name": "Grace"}]])
        self.env["web.chat.connection"]._gc_dead()
        self.assertEqual(connections.exists(), connections - of_ada)


@tagged("post_install", "-at_install")
class TestUnread(ChatCase):
    def test_what_others_wrote_is_unread_until_it_is_read_on_one_of_the_pages(self):
        ada, grace, tab = self.chat(self.ada), self.chat(self.grace), self.chat(self.grace)
        ids = [ada.call("post", self.room.id, text)[0] for text in ("one", "two", "three")]
        self.assertEqual(self.overview(ada, self.room)[0], 0, "one's own are never unread")
        self.assertEqual(self.overview(grace, self.room)[0], 3)
        grace.call("read", self.room.id, ids[1])
        self.assertEqual(self.overview(tab, self.room)[0], 1)
        (read,) = self.events(tab, "read")
        self.assertEqual((read["room_id"], read["read_id"]), (self.room.id, ids[1]))
        self.assertEqual(self.events(ada, "read"), [], "is none of Ada's business")

    def test_reading_goes_forward_and_not_beyond_what_there_is(self):
        ada, grace = self.chat(self.ada), self.chat(self.grace)
        first = ada.call("post", self.room.id, "one")[0]
        grace.call("read", self.room.id, first + 1000)
        ada.call("post", self.room.id, "two")
        self.assertEqual(self.overview(grace, self.room)[0], 1)
        grace.call("read", self.room.id, first - 1)
        self.assertEqual(self.overview(grace, self.room)[0], 1)

    def test_at_most_a_hundred_are_counted(self):
        self.env["web.chat.message"].create([{"room_id": self.room.id, "body": "x"}] * 101)
        self.assertEqual(self.overview(self.chat(self.ada), self.room)[0], 100)


@tagged("post_install", "-at_install")
class TestTyping(ChatCase):
    def test_those_in_the_room_see_who_types_and_nothing_is_kept_of_it(self):
        ada, grace = self.chat(self.ada), self.chat(self.grace)
        for page in (ada, grace):
            page.call("join", self.room.id)
        with self.assert_notified("web_chat.typing", room_id=self.room.id) as published:
            ada.call("typing")
        self.assertIsNone(published[0]["id"], "volatile")
        (typing,) = self.events(grace, "typing")
        self.assertEqual(typing["user"], {"id": self.ada.id, "name": "Ada"})

    def test_it_is_told_once_a_second_at_most_and_only_from_a_room(self):
        ada = self.chat(self.ada)
        with self.assert_not_notified("web_chat.typing"):
            ada.call("typing")
        ada.call("join", self.room.id)
        with self.assert_notified("web_chat.typing"):
            for _ in range(20):
                ada.call("typing")
