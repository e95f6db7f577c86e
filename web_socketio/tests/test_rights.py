"""Server-side only: an abstract model has no access rules of its own, so none may be public."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import TransactionCase, new_test_user, tagged

from ..models.web_socketio import WebSocketIO


@tagged("post_install", "-at_install")
class TestRights(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "internal": new_test_user(cls.env, "internal", "base.group_user"),
            "portal": new_test_user(cls.env, "portal_user", "base.group_portal"),
            "public": cls.env.ref("base.public_user"),
            "admin": cls.env.ref("base.user_admin"),
        }
        cls.methods = [
            name for name, value in vars(WebSocketIO).items()
            if callable(value) and not name.startswith("__")
        ]

    def test_no_method_can_be_called_from_outside(self):
        self.assertIn("notify", self.methods)
        for method in self.methods:
            for kind, user in self.users.items():
                model = self.env["web.socketio"].with_user(user)
                with self.subTest(method=method, user=kind):
                    with self.assertRaises(AccessError):
                        get_public_method(model, method)
                    with self.assertRaises(AccessError):
                        call_kw(model, method, ["test"], {})

    def test_server_code_may_publish_as_anybody(self):
        for user in self.users.values():
            self.assertTrue(self.env["web.socketio"].with_user(user).notify("test", n=1))
