"""What docs/recipes.md and docs/odoo-bus.md show does what they say."""

import json

from odoo.addons.recipes.typing_namespace import TypingNameSpace
from odoo.addons.web_longpolling.namespace import LongPollingNameSpace
from odoo.addons.web_socketio.tests.common import SocketIOCase
from odoo.tests import new_test_user, tagged


@tagged("post_install", "-at_install")
class TestRecipes(SocketIOCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada, cls.grace, cls.edsger = (
            new_test_user(cls.env, f"recipes_{name}", name=name)
            for name in ("ada", "grace", "edsger")
        )

    def told(self, client):
        return [args[0]["text"] for event, args in client.take() if event == "told"]

    def test_a_user_is_told_and_nobody_else(self):
        ada, grace, edsger = (
            self.connect(LongPollingNameSpace, user) for user in (self.ada, self.grace, self.edsger)
        )
        (self.ada + self.grace)._tell("hello")
        self.env["res.users"]._tell("nobody")
        self.assertEqual((self.told(ada), self.told(grace)), (["hello"], ["hello"]))
        self.assertEqual(self.told(edsger), [])

    def test_a_group_is_told_also_who_is_in_it_by_another_one(self):
        above = self.env["res.groups"].create({"name": "above", "user_ids": self.ada.ids})
        below = self.env["res.groups"].create({"name": "below", "user_ids": self.grace.ids})
        above.implied_ids = below
        with self.assert_notified("recipes.tell", text="hello") as published:
            below._tell("hello")
        self.assertEqual(
            set(published[0]["values"]["to_ids"]), set((self.ada + self.grace).ids)
        )

    def test_followers_are_told_who_may_read(self):
        portal = new_test_user(self.env, "recipes_portal", "base.group_portal")
        note = self.env["recipes.note"].with_user(self.ada).create({"name": "Note"})
        everybody = self.ada + self.grace + portal
        note.sudo().message_partner_ids = everybody.partner_id
        with self.assert_notified("recipes.tell", to_ids=self.grace.ids, text="Note: changed"):
            note._tell_followers("changed")

    def test_progress_is_told_before_the_job_is_done(self):
        partners = self.env["res.partner"].create([{"name": "One"}, {"name": "Two"}])
        job = self.env["recipes.job"].create({"name": "Job", "partner_ids": partners.ids})
        admin = self.env.ref("base.user_admin")
        client = self.connect(LongPollingNameSpace, admin)
        job.with_user(admin)._run()
        events = dict(client.take())
        self.assertEqual(events["progress"], [{"job": job.id, "done": 1, "total": 2}])
        self.assertEqual(events["told"], [{"text": "Job is done"}])
        self.assertEqual(partners.mapped("ref"), ["Job 1", "Job 2"])

    def test_who_looks_at_the_same_record_is_told_that_one_types(self):
        one, two = self.env["recipes.note"].create([{"name": "one"}, {"name": "two"}])
        ada = self.connect(TypingNameSpace, self.ada)
        grace = self.connect(TypingNameSpace, self.grace, beside=ada)
        edsger = self.connect(TypingNameSpace, self.edsger, beside=ada)
        for client, note in ((ada, two), (ada, one), (grace, one), (edsger, two)):
            self.assertEqual(client.call("open", "recipes.note", note.id), [True])
        ada.emit("type")
        self.assertEqual(grace.take(), [("types", [self.ada.id])])
        self.assertEqual((ada.take(), edsger.take()), ([], []))

    def test_nobody_opens_what_they_must_not_read(self):
        job = self.env["recipes.job"].create({"name": "secret"})
        ada = self.connect(TypingNameSpace, self.ada)
        (answer,) = ada.call("open", "recipes.job", job.id)
        self.assertEqual(answer["error"]["name"], "AccessError")
        self.assertIsNone(ada.namespace.room)

    def test_odoos_bus_and_ours_in_one_transaction(self):
        with self.assert_notified("recipes.tell", text="both"):
            self.ada._bus_send("recipes.told", {"text": "both"})
            self.ada._tell("both")
            self.env.cr.precommit.run()
        message = self.env["bus.bus"].search([], order="id desc", limit=1)
        self.assertEqual(
            json.loads(message.message), {"type": "recipes.told", "payload": {"text": "both"}}
        )
