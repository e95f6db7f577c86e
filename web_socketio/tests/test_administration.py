"""The menu of administrators: what it shows, who may see it, and what its buttons do."""

import json
import logging
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from pgsocketio import remote

MODELS = ("web.socketio.node", "web.socketio.socket", "web.socketio.message", "web.socketio.test")
LOGGER = "odoo.addons.web_socketio.models"


@tagged("post_install", "-at_install")
class TestAdministration(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        cls.user = new_test_user(cls.env, "ada", "base.group_user")
        cls.others = {
            "internal": cls.user,
            "portal": new_test_user(cls.env, "portal_user", "base.group_portal"),
            "public": cls.env.ref("base.public_user"),
        }

    def beat(self, node="n1", **health):
        """A server tells that it is there."""
        about = {
            "host": "web1", "pid": 4711, "address": "http://127.0.0.1:8068", "version": "1.0",
            "age": 60, "state": "ready", "connections": 3, "sockets": 2,
            "health": {"ready": True, "error": None, "schema": 2, "forged_acts": 0},
        }  # fmt: skip
        self.env.cr.execute(
            "SELECT web_socketio_beat(%s, %s::jsonb)", [node, json.dumps(about | health)]
        )

    def list_clients(self, node="n1"):
        """It lists a client of Ada, and a visitor."""
        clients = [
            {"sid": "s1", "user": str(self.user.id), "namespace": "/chat", "address": "192.0.2.1",
             "age": 30, "queue": 5, "unsent": 100},
            {"sid": "s2", "user": None, "namespace": "/live", "address": None, "age": 10,
             "queue": 0, "unsent": 0},
        ]  # fmt: skip
        self.env.cr.execute(
            "SELECT web_socketio_list(%s, true, %s::jsonb, '{}')", [node, json.dumps(clients)]
        )

    def silence(self):
        self.env.cr.execute(
            "UPDATE web_socketio_node SET heartbeat = heartbeat - interval '31 seconds'"
        )

    def all_of(self, model):
        self.env.invalidate_all()
        return self.env[model].with_user(self.admin).search([])

    # -- what is shown -------------------------------------------------------------------------

    def test_servers(self):
        restart = ["web_chat changed", "web_live changed"]
        health = {"ready": True, "error": None, "schema": 2, "forged_acts": 1, "restart": restart}
        self.beat(state="restart", health=health)
        node = self.all_of("web.socketio.node")
        self.assertEqual((node.name, node.state, node.connections), ("web1:4711", "restart", 3))
        self.assertEqual(node.restart, "web_chat changed\nweb_live changed")
        self.assertEqual((node.server_schema, node.database_schema, node.forged_acts), (2, 2, 1))
        self.assertFalse(node.error)

    def test_a_silent_server_is_gone_and_so_are_its_clients(self):
        self.beat()
        self.list_clients()
        self.assertEqual(self.all_of("web.socketio.socket").mapped("gone"), [False, False])
        self.silence()
        self.assertEqual(self.all_of("web.socketio.node").state, "gone")
        self.assertEqual(self.all_of("web.socketio.socket").mapped("gone"), [True, True])
        self.env["web.socketio"]._trim()
        self.assertFalse(self.all_of("web.socketio.socket"))
        self.assertEqual(self.all_of("web.socketio.node").state, "gone")

    def test_clients(self):
        self.beat()
        self.list_clients()
        visitor, client = self.all_of("web.socketio.socket")
        self.assertEqual((client.user_id, client.namespace), (self.user, "/chat"))
        self.assertEqual((client.address, client.queue, client.unsent), ("192.0.2.1", 5, 100))
        self.assertEqual(client.node_id.name, "web1:4711")
        self.assertFalse(visitor.user_id)
        self.assertLess(client.since, visitor.since)
        Socket = self.env["web.socketio.socket"].with_user(self.admin)
        groups = Socket.formatted_read_group([], ["namespace"], ["queue:sum"])
        self.assertEqual([group["queue:sum"] for group in groups], [5, 0])

    def test_messages(self):
        self.env["web.socketio"].with_user(self.user).notify("test", text="x" * 500)
        message = self.all_of("web.socketio.message")[0]
        self.assertEqual((message.channel, message.user_id), ("test", self.user))
        self.assertEqual(json.loads(message.content), {"text": "x" * 500})
        self.assertEqual(len(message.excerpt), 200)
        self.assertGreater(message.size, 500)
        Message = self.env["web.socketio.message"].with_user(self.admin)
        self.assertEqual(Message.search([("xid", "=", message.xid)], limit=1), message)
        self.assertEqual(Message.browse(message.id).channel, "test")

    def test_recent_messages_are_found_by_the_index(self):
        """All of the log would be read and sorted otherwise, at each look."""
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        Message = self.env["web.socketio.message"].sudo()
        query = Message._search([], limit=80, order=Message._order)
        self.env.cr.execute(SQL("EXPLAIN %s", query.select()))
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("Index Scan Backward", plan)

    # -- who may -------------------------------------------------------------------------------

    def test_only_administrators_see_anything(self):
        self.beat()
        self.list_clients()
        self.env["web.socketio"].notify("test", n=1)
        for model in MODELS:
            self.assertTrue(self.env[model].with_user(self.admin).has_access("read"))
            for kind, user in self.others.items():
                with self.subTest(model=model, user=kind):
                    for method, args in (("search_read", [[]]), ("search_count", [[]]),
                                         ("formatted_read_group", [[], [], ["__count"]])):
                        with self.assertRaises(AccessError):
                            call_kw(self.env[model].with_user(user), method, args, {})

    def test_only_administrators_may_act(self):
        self.beat()
        self.list_clients()
        client = self.all_of("web.socketio.socket")[0]
        with patch.object(remote, "kick") as kick:
            for kind, user in self.others.items():
                for method in ("action_disconnect", "action_disconnect_users"):
                    with self.subTest(method=method, user=kind), self.assertRaises(AccessError):
                        call_kw(client.with_user(user), method, [client.ids], {})
            kick.assert_not_called()
        for kind, user in self.others.items():
            with self.subTest(user=kind), self.assertRaises(AccessError):
                self.env["web.socketio.test"].with_user(user).create({"channel": "x"})

    def test_nobody_writes_to_what_is_shown(self):
        self.beat()
        self.list_clients()
        self.env["web.socketio"].notify("test", n=1)
        for model in MODELS[:3]:
            records = self.env[model].with_user(self.admin)
            with self.subTest(model=model):
                with self.assertRaises(AccessError):
                    records.create({})
                with self.assertRaises(AccessError):
                    records.search([]).write({})
                with self.assertRaises(AccessError):
                    records.search([], limit=1).unlink()

    def test_the_menu_is_for_administrators(self):
        menu = self.env.ref("web_socketio.menu_realtime")
        self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(self.admin)._visible_menu_ids())
        visible = self.env["ir.ui.menu"].with_user(self.user)._visible_menu_ids()
        self.assertNotIn(menu.id, visible)
        for kind in ("portal", "public"):
            with self.subTest(user=kind), self.assertRaises(AccessError):
                self.env["ir.ui.menu"].with_user(self.others[kind])._visible_menu_ids()

    # -- buttons -------------------------------------------------------------------------------

    def disconnect(self, method, answers):
        """Press a button; returns whom it meant, and the notification."""
        self.beat()
        self.list_clients()
        clients = self.all_of("web.socketio.socket")
        kicks = patch.object(remote, "kick", return_value=answers)
        with kicks as kick, self.assertLogs(LOGGER, logging.INFO) as logs:
            action = getattr(clients, method)()
        self.assertIn("wanted by admin (uid", logs.output[0])
        _cursor, target, _reason, by = kick.call_args.args
        self.assertTrue(by.startswith("admin (uid"))
        return target, action["params"]

    def test_disconnect(self):
        answers = [remote.Answer("n1", "web1:4711", {"closed": 2})]
        target, told = self.disconnect("action_disconnect", answers)
        self.assertEqual((set(target.sids), target.user), ({"s1", "s2"}, None))
        self.assertEqual((told["title"], told["type"]), ("2 clients were disconnected", "success"))
        self.assertEqual(told["message"], "web1:4711: 2 closed")

    def test_disconnect_users(self):
        answers = [
            remote.Answer("n1", "web1:4711", {"closed": 1}), remote.Answer("n2", "web2:1", None)
        ]  # fmt: skip
        target, told = self.disconnect("action_disconnect_users", answers)
        self.assertEqual((target.sids, target.user), (None, str(self.user.id)))
        self.assertEqual(told["type"], "warning")
        self.assertEqual(told["message"], "web1:4711: 1 closed\nweb2:1 did not answer")

    def test_a_test_message_is_published_at_once(self):
        wizard = Form(self.env["web.socketio.test"].with_user(self.admin)).save()
        answers = [remote.Answer("n1", "web1:4711", {"listeners": 3})]
        with patch.object(remote, "probe", return_value=answers):
            wizard.action_send()
        self.assertRegex(wizard.result, r"^Message \d+ was published\.\nweb1:4711 passed it on to")
        with self.env.registry.cursor() as other:
            other.execute("SELECT payload, uid FROM web_socketio_log ORDER BY id DESC LIMIT 1")
            self.assertEqual(other.fetchone(), ({"message": "Hello"}, self.admin.id))

    def test_what_cannot_be_sent_is_said(self):
        for channel, content, error in (
            ("test", "{", "no JSON"), ("test", "[]", "JSON object"),
            ("web_socketio:acts", "{}", "belong to the servers"),
        ):  # fmt: skip
            wizard = self.env["web.socketio.test"].create({"channel": channel, "content": content})
            with self.subTest(content=content), self.assertRaisesRegex(UserError, error):
                wizard.action_send()

    # -- settings ------------------------------------------------------------------------------

    def settings(self):
        self.env.cr.execute("SELECT web_socketio_configure()")
        return self.env.cr.fetchone()[0]

    def change(self, **values):
        self.env["res.config.settings"].with_user(self.admin).create(values).execute()

    def test_settings(self):
        with self.assertLogs(LOGGER, logging.INFO) as logs:
            self.change(
                web_socketio_url="8068", web_socketio_retention=1.5, web_socketio_max_size=512,
                web_socketio_max_sockets=50,
            )  # fmt: skip
        self.assertIn("changed by admin (uid", logs.output[0])
        expected = {"retention": "5400 seconds", "max_size": "536870912", "max_sockets": "50"}
        self.assertEqual(self.settings(), expected)
        self.assertEqual(self.env["web.socketio"].session_info()["url"], "8068")
        shown = self.env["res.config.settings"].with_user(self.admin).create({})
        self.assertEqual((shown.web_socketio_retention, shown.web_socketio_max_size), (1.5, 512))

    def test_settings_that_were_not_touched_stay(self):
        self.env.cr.execute("SELECT web_socketio_configure('{\"retention\": \"10 seconds\"}')")
        before = self.settings()
        self.change(web_socketio_url="8068")
        self.assertEqual(self.settings(), before)

    @mute_logger("odoo.sql_db")
    def test_wrong_settings_are_refused(self):
        for values, error in (
            ({"web_socketio_retention": 0}, "one second to ten years"),
            ({"web_socketio_max_size": 0}, "one MiB at least"),
            ({"web_socketio_max_sockets": -1}, "0 to 1,000,000"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, error):
                self.change(**values)
