"""The kit's client of a namespace: it does what one at a server would."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import LazyTranslate

from pgsocketio.subscription import Subscription

from ..namespace import OpenERPNameSpace
from ..session import AbstractAdapter
from .common import SocketIOCase

_lt = LazyTranslate(__name__)


class PersonalAdapter(AbstractAdapter):
    channel = "test.driver"
    index = "to_id"

    def format(self, message, uid):
        return [message["values"]["text"], message["uid"]]


class PersonalNameSpace(OpenERPNameSpace):
    subscriptions = [Subscription("told", PersonalAdapter, lambda session: [session.uid])]

    def recv_session(self):
        self.spawn(self.loop)

    def loop(self):
        while True:
            messages = self.listen(self.session.uid, adapterClass=PersonalAdapter)
            self.emit("loop", messages)

    def on_whoami(self):
        return self.model("res.users").read(self.session.uid, ["login"])[0]["login"]

    def on_tell(self, uid, text, durable=True):
        if not text:
            raise UserError(_lt("Say something."))
        with self.environment() as env:
            realtime = env["web.socketio"]
            publish = realtime.notify if durable else realtime.notify_volatile
            publish("test.driver", to_id=uid, text=text)


@tagged("post_install", "-at_install")
class TestDriver(SocketIOCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(cls.env, "driver_ada")
        cls.grace = new_test_user(cls.env, "driver_grace")

    def tell(self, user, text):
        self.env["web.socketio"].notify("test.driver", to_id=user.id, text=text)

    def test_a_handler_runs_as_the_user(self):
        self.assertEqual(self.connect(PersonalNameSpace, self.ada).call("whoami"), ["driver_ada"])

    def test_what_the_test_publishes_arrives_at_subscriptions_and_loops(self):
        self.tell(self.ada, "before")
        ada = self.connect(PersonalNameSpace, self.ada)
        self.tell(self.ada, "hello")
        self.tell(self.grace, "not for Ada")
        hello = ["hello", self.env.uid]
        self.assertEqual(sorted(ada.take()), [("loop", [[hello]]), ("told", [hello])])

    def test_what_a_handler_publishes_arrives_at_others_at_their_server_or_another(self):
        ada = self.connect(PersonalNameSpace, self.ada)
        beside = self.connect(PersonalNameSpace, self.grace, beside=ada)
        elsewhere = self.connect(PersonalNameSpace, self.grace)
        for durable in (True, False):
            ada.call("tell", self.grace.id, "hello", durable)
            for grace in (beside, elsewhere):
                told = [args for event, args in grace.take() if event == "told"]
                self.assertEqual(told, [[["hello", self.ada.id]]])
        self.assertEqual(ada.take(), [])

    def test_what_is_rolled_back_does_not_arrive(self):
        ada = self.connect(PersonalNameSpace, self.ada)
        savepoint = self.env.cr.savepoint()
        self.tell(self.ada, "never")
        savepoint.close(rollback=True)
        self.assertEqual(ada.take(), [])

    def test_an_error_answers(self):
        (answer,) = self.connect(PersonalNameSpace, self.ada).call("tell", self.grace.id, "")
        self.assertEqual(answer, {"error": {"name": "UserError", "message": "Say something."}})

    def test_the_kind_of_user_counts(self):
        portal = new_test_user(self.env, "driver_portal", groups="base.group_portal")
        self.assertEqual(
            self.connect(PersonalNameSpace, portal).refused, {"message": "access denied"}
        )
