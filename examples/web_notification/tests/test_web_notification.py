from odoo.addons.web_longpolling.namespace import LongPollingNameSpace
from odoo.addons.web_socketio.tests.common import SocketIOCase
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestWebNotification(SocketIOCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(cls.env, "ada")
        cls.grace = new_test_user(cls.env, "grace")
        cls.partner = cls.env["res.partner"].create({"name": "Azure Interior"})

    def wizard(self, user=None, **context):
        wizards = self.env["web.notification"].with_user(user or self.ada)
        with Form(wizards.with_context(**context)) as form:
            form.to_id = self.grace
            form.title = "A question"
            form.message = "Who talks to them?"
        return form.save()

    def test_a_notification_reaches_the_pages_of_its_user_and_no_other(self):
        ada, grace, tab = (
            self.connect(LongPollingNameSpace, user) for user in (self.ada, self.grace, self.grace)
        )
        wizard = self.wizard()
        values = {"to_id": self.grace.id, "title": "A question", "res_id": False}
        with self.assert_notified("notification", **values):
            action = wizard.action_send()
        self.assertEqual(action, {"type": "ir.actions.act_window_close"})
        for page in (grace, tab):
            ((event, [messages]),) = page.take()
            self.assertEqual(event, "get notification")
            self.assertEqual([m["message"] for m in messages], ["Who talks to them?"])
        self.assertEqual(ada.take(), [])

    def test_it_carries_the_record_it_was_sent_from(self):
        wizard = self.wizard(active_model="res.partner", active_id=self.partner.id)
        record = {"res_model": "res.partner", "res_id": self.partner.id}
        with self.assert_notified("notification", **record):
            wizard.action_send()

    def test_several_users_get_one_each(self):
        users = self.ada | self.grace
        with self.capture_notified("notification") as published:
            users._web_notify("Lunch", "is ready", self.partner)
        self.assertEqual([m["values"]["to_id"] for m in published], users.ids)

    def test_nobody_points_at_what_they_may_not_read(self):
        secret = self.env["ir.config_parameter"].create({"key": "secret", "value": "x"})
        wizard = self.wizard(active_model=secret._name, active_id=secret.id)
        with self.assert_not_notified("notification"), self.assertRaises(AccessError):
            wizard.action_send()

    def test_only_colleagues_send_and_receive(self):
        portal = new_test_user(self.env, "guest", groups="base.group_portal")
        with self.assertRaises(AccessError):
            self.wizard(user=portal)
        wizard = self.wizard()
        with self.assertRaises(ValidationError):
            wizard.to_id = portal
        with self.assertRaises(ValidationError):
            wizard.write({"res_model": "no.such.model", "res_id": 1})
        with self.assertRaises(AccessError):
            wizard.with_user(self.grace).read(["message"])
