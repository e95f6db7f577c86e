"""A copy of a database must not reach the realtime server of the original."""

from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common import SocketIOCase


@tagged("post_install", "-at_install")
class TestCopies(SocketIOCase):
    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("web_socketio.url", "https://erp.example.com")
        self.env["web.socketio"].notify("test", n=1)

    def url(self):
        self.env.registry.clear_cache("stable")
        return self.env["web.socketio"].session_info()["url"]

    def test_what_odoo_does_to_a_copy_takes_the_url_away(self):
        self.env["ir.config_parameter"].init()
        self.assertEqual(self.url(), "https://erp.example.com")
        self.env["ir.config_parameter"].init(force=True)
        self.assertFalse(self.url())

    def test_neutralizing_takes_the_url_and_the_log_away(self):
        position = self.env["web.socketio"].position()
        (query,) = get_neutralization_queries(["web_socketio"])
        self.env.cr.execute(query)
        self.assertFalse(self.url())
        self.env.cr.execute("SELECT count(*) FROM web_socketio_log")
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        epochs = [one.split(":")[0] for one in (position, self.env["web.socketio"].position())]
        self.assertNotEqual(*epochs)
        with self.assert_notified("test", n=2):
            self.env["web.socketio"].notify("test", n=2)
