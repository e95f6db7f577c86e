from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ChatCase


@tagged("post_install", "-at_install")
class TestRights(ChatCase):
    def test_how_far_one_has_read_is_ones_own_business(self):
        for user in (self.ada, self.grace):
            self.room.with_user(user)._enter(f"page of {user.login}")
        for model in ("web.chat.member", "web.chat.connection"):
            records = self.env[model].with_user(self.ada).search([])
            self.assertEqual(len(records), 1)
            with self.assertRaises(AccessError):
                records.unlink()
        members = self.env["web.chat.member"].with_user(self.ada).search([])
        self.assertEqual(members.user_id, self.ada)

    def test_what_is_written_stays(self):
        message = self.env["web.chat.message"].with_user(self.ada).create(
            {"room_id": self.room.id, "body": "hello"}
        )
        for wrong in (lambda: message.write({"body": "changed"}), message.unlink):
            with self.assertRaises(AccessError):
                wrong()
        with self.assertRaises(AccessError):
            self.room.with_user(self.ada).name = "Mine"

    def test_the_chat_is_for_employees(self):
        portal = new_test_user(self.env, "guest", groups="base.group_portal")
        self.assertEqual(self.chat(portal).refused, {"message": "access denied"})
        with self.assertRaises(AccessError):
            self.room.with_user(portal)._history()

    def test_an_unknown_room(self):
        chat = self.chat(self.ada)
        (answer,) = chat.call("join", -1)
        self.assertEqual(answer["error"]["name"], "MissingError")
