"""Publishing from ORM code: what a transaction leaves in the message log."""

import datetime
from unittest.mock import patch

from markupsafe import Markup
from odoo.tests import tagged
from odoo.tools import LazyTranslate, mute_logger
from odoo.tools.func import lazy
from psycopg2 import errors

from pgsocketio import __version__
from pgsocketio.errors import NotEncodable, PayloadTooLarge

from .common import SocketIOCase

_lt = LazyTranslate(__name__)


@tagged("post_install", "-at_install")
class TestModel(SocketIOCase):
    def notify(self, **values):
        return self.env["web.socketio"].notify("test", **values)

    def values(self):
        return [message["values"] for message in self.notified("test")]

    def test_a_message_has_channel_user_values_and_an_id(self):
        user = self.env.ref("base.user_admin")
        number = self.env["web.socketio"].with_user(user).notify("test", a=1, b={"c": [None]})
        self.assertEqual(self.notified("test"), [
            {"id": number, "channel": "test", "uid": user.id,
             "values": {"a": 1, "b": {"c": [None]}}},
        ])

    def test_messages_keep_their_order(self):
        ids = [self.notify(n=n) for n in range(20)]
        self.assertEqual(ids, sorted(ids))
        self.assertEqual(self.values(), [{"n": n} for n in range(20)])

    def test_a_rolled_back_savepoint_takes_its_messages_along(self):
        self.notify(n=1)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.notify(n=2)
            self.env["web.socketio"].notify_volatile("test", n=3)
            with self.env.cr.savepoint():
                self.notify(n=4)
            raise ZeroDivisionError
        with self.env.cr.savepoint():
            self.notify(n=5)
        self.assertEqual(self.values(), [{"n": 1}, {"n": 5}])

    def test_a_volatile_message_has_no_id_and_is_not_in_the_log(self):
        self.assertIsNone(self.env["web.socketio"].notify_volatile("test", n=1))
        (message,) = self.notified("test")
        self.assertEqual((message["id"], message["values"]), (None, {"n": 1}))
        self.assertEqual(self.published(durable=True), [])

    def test_what_odoo_code_hands_over_is_encoded(self):
        paris = datetime.timezone(datetime.timedelta(hours=2))
        self.notify(
            date=datetime.date(2013, 7, 14), naive=datetime.datetime(2013, 7, 14, 12, 30, 15, 9),
            aware=datetime.datetime(2013, 7, 14, 12, 30, tzinfo=paris), markup=Markup("<b>x</b>"),
            lazy=lazy(lambda: "x"), text=_lt("x"), bytes=b"x", float=1.5, true=True, tuple=(1, 2),
        )
        self.assertEqual(self.values(), [{
            "date": "2013-07-14", "naive": "2013-07-14 12:30:15", "aware": "2013-07-14 10:30:00",
            "markup": "<b>x</b>", "lazy": "x", "text": "x", "bytes": "x", "float": 1.5,
            "true": True, "tuple": [1, 2],
        }])

    def test_what_cannot_travel_names_its_key(self):
        for wrong, key in [
            ({"a": [{"b": object()}]}, r"a\[0\]\.b"), ({"record": self.env.user}, "record"),
            ({"nan": float("nan")}, "nan"), ({"nul": "\0"}, "nul"), ({"bytes": b"\xff"}, "bytes"),
        ]:
            with self.subTest(key=key), self.assertRaisesRegex(NotEncodable, key):
                self.notify(**wrong)
        self.assertEqual(self.values(), [])

    @mute_logger("odoo.sql_db")
    def test_a_message_is_as_large_as_a_mebibyte_and_a_volatile_one_as_notify_carries(self):
        self.notify(text="x" * (2**20 - 11))
        with self.assertRaises(PayloadTooLarge):
            self.notify(text="x" * (2**20 - 10))
        volatile = self.env["web.socketio"].notify_volatile
        volatile("test", text="x" * 7_000)
        with self.assertRaises(errors.ProgramLimitExceeded), self.env.cr.savepoint():
            volatile("test", text="x" * 8_000)

    def test_a_read_only_transaction_publishes_nothing_and_says_so(self):
        model = self.env["web.socketio"]
        refused = "cannot publish on 'test' .* take @api.readonly"
        with patch.object(type(self.env.cr), "readonly", True):
            for publish in (model.notify, model.notify_volatile):
                with self.assertRaisesRegex(errors.ReadOnlySqlTransaction, refused):
                    publish("test", n=1)
            self.assertTrue(model.position())
        self.assertEqual(self.values(), [])

    @mute_logger("odoo.sql_db")
    def test_a_channel_is_a_name(self):
        for channel in ("", "x" * 256):
            with self.assertRaises(errors.InvalidParameterValue), self.env.cr.savepoint():
                self.env["web.socketio"].notify(channel, n=1)

    def test_position_is_that_of_the_transaction(self):
        position = self.env["web.socketio"].position()
        self.assertRegex(position, r"^[0-9a-f]{16}:\d+:\d+:[\d,]*$")
        self.assertEqual(position, self.env["web.socketio"].position())

    def test_session_info_tells_where_the_server_is(self):
        set_param = self.env["ir.config_parameter"].sudo().set_param
        for parameter, path in (
            (False, "/socket.io"), ("8068", "/socket.io"), ("https://x.org", "/socket.io"),
            ("https://x.org/", "/socket.io"), ("https://x.org/realtime/", "/realtime/socket.io"),
            ("https://x.org/realtime/socket.io", "/realtime/socket.io"),
        ):  # fmt: skip
            set_param("web_socketio.url", parameter)
            info = self.env["web.socketio"].session_info()
            self.assertEqual((info["url"], info["path"]), (parameter, path))
            self.assertEqual(info["position"], self.env["web.socketio"].position())
            self.assertEqual(info["version"], __version__)
