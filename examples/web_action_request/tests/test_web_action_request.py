from contextlib import contextmanager
from datetime import timedelta

from odoo.addons.web_socketio.tests.common import SocketIOCase
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..models.web_action_request import KEPT, MAX_PER_MINUTE, MAX_WAITING, PATIENCE
from ..namespace import ActionRequestNameSpace


@tagged("post_install", "-at_install")
class TestWebActionRequest(SocketIOCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(cls.env, "ada", name="Ada")
        cls.grace = new_test_user(cls.env, "grace", name="Grace")
        cls.other = new_test_user(cls.env, "other_colleague")
        cls.partner = cls.env["res.partner"].create({"name": "Azure Interior"})
        cls.countries = cls.env.ref("base.action_country")
        cls.env.user.group_ids += cls.env.ref("base.group_system")

    def ask(self, to=None, by=None, **target):
        target = target or {"record": self.partner}
        colleague = (to or self.grace).with_user(by or self.ada)
        return colleague._web_request_action(reason="Look", **target)

    def page(self, user):
        return self.connect(ActionRequestNameSpace, user)

    @contextmanager
    def refused(self, error, text):
        """As assertRaisesRegex, and what was done is rolled back."""
        with self.assertRaises(error) as caught:
            yield
        self.assertIn(text, str(caught.exception))

    def told(self, page):
        return [args[0] for event, args in page.take() if event == "request"]

    def waiting(self, user):
        return self.env["web.action.request"].with_user(user).waiting()["ids"]

    def show(self, page, request):
        (shown,) = page.call("show", request.id)
        return shown

    # -- what is asked -----------------------------------------------------------------------

    def test_the_colleague_is_asked_and_nobody_else(self):
        ada, grace, other = (self.page(user) for user in (self.ada, self.grace, self.other))
        request = self.ask()
        self.assertEqual(self.told(grace), [request.id])
        self.assertEqual(self.told(ada) + self.told(other), [])
        self.assertEqual(self.show(grace, request), {
            "is_open": True, "state": "pending", "asked": True,
            "who": "Ada", "what": "Azure Interior", "reason": "Look",
        })  # fmt: skip

    def test_who_accepts_gets_the_form_of_the_record_and_both_are_told(self):
        request = self.ask()
        ada, grace, tab = (self.page(user) for user in (self.ada, self.grace, self.grace))
        (action,) = grace.call("answer", request.id, True)
        self.assertEqual(action, {
            "type": "ir.actions.act_window", "res_model": "res.partner",
            "res_id": self.partner.id, "views": [[False, "form"]],
        })  # fmt: skip
        self.assertEqual(self.told(tab), [request.id], "it closes its dialog")
        self.assertEqual(self.told(ada), [request.id])
        shown = self.show(ada, request)
        shown = (shown["asked"], shown["who"], shown["state"])
        self.assertEqual(shown, (False, "Grace", "accepted"))

    def test_who_accepts_an_action_gets_its_id(self):
        self.countries.group_ids = self.env.ref("base.group_user")
        request = self.ask(action="base.action_country")
        grace = self.page(self.grace)
        self.assertEqual(self.show(grace, request)["what"], self.countries.name)
        self.assertEqual(
            grace.call("answer", request.id, True), [self.countries.id]
        )

    def test_who_refuses_opens_nothing(self):
        request = self.ask()
        grace = self.page(self.grace)
        self.assertEqual(grace.call("answer", request.id, False), [False])
        self.assertEqual(request.state, "refused")

    def test_a_page_that_is_opened_later_is_told_what_waits(self):
        requests = self.ask() + self.ask()
        self.assertEqual(self.waiting(self.grace), requests.ids)
        requests[0].with_user(self.grace)._answer(False)
        self.assertEqual(self.waiting(self.grace), requests[1].ids)
        self.assertEqual(self.waiting(self.ada), [])

    # -- what is not allowed -----------------------------------------------------------------

    def test_only_the_colleague_answers_and_only_once(self):
        request = self.ask()
        with self.refused(AccessError, "not you who was asked"):
            request.with_user(self.ada)._answer(True)
        with self.assertRaises(AccessError):
            request.with_user(self.other)._describe()
        request.with_user(self.grace)._answer(False)
        with self.refused(UserError, "is over"):
            request.with_user(self.grace)._answer(True)

    def test_a_request_is_over_after_five_minutes(self):
        request = self.ask()
        self.env.cr.execute(
            "UPDATE web_action_request SET create_date = %s",
            [self.env.cr.now() - PATIENCE - timedelta(seconds=1)],
        )
        request.invalidate_recordset()
        self.assertEqual(self.waiting(self.grace), [])
        self.assertFalse(self.show(self.page(self.grace), request)["is_open"])
        with self.refused(UserError, "is over"):
            request.with_user(self.grace)._answer(True)

    def test_both_need_the_rights_when_asked_and_when_answered(self):
        secret = self.env["ir.config_parameter"].create({"key": "secret", "value": "x"})
        with self.refused(AccessError, "Ada may not open this"):
            self.ask(record=secret)
        with self.refused(AccessError, "Grace may not open this"):
            self.ask(record=secret, by=self.env.user)
        request = self.ask(action="base.action_country")
        self.countries.group_ids = self.env.ref("base.group_system")
        with self.refused(AccessError, "Ada may not open this"):
            self.ask(action="base.action_country")
        with self.refused(AccessError, "Grace may not open this"):
            request.with_user(self.grace)._answer(True)

    def test_a_record_that_is_gone(self):
        gone = self.partner.copy()
        gone.unlink()
        with self.refused(AccessError, "may not open this"):
            self.ask(record=gone)

    def test_only_window_actions_and_records_are_opened(self):
        for target in (
            {},
            {"action_id": self.countries.id, "res_model": "res.partner", "res_id": self.partner.id},
            {"res_model": "no.such.model", "res_id": 1},
        ):
            with self.assertRaises(ValidationError):
                self.env["web.action.request"].create({"to_id": self.grace.id, **target})
        client_action = self.env["ir.actions.client"].create({"name": "Client", "tag": "reload"})
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": "web_action_request.client", "record": client_action}]
        )
        with self.assertRaises(ValueError):
            self.ask(action="web_action_request.client")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["web.action.request"].create(
                {"to_id": self.grace.id, "action_id": client_action.id}
            )

    def test_only_colleagues_are_asked_and_ask(self):
        portal = new_test_user(self.env, "guest", groups="base.group_portal")
        for user in (portal, self.ada):
            with self.refused(ValidationError, "for a colleague"):
                self.ask(to=user)
        with self.assertRaises(AccessError):
            self.ask(by=portal)

    def test_nobody_is_pestered(self):
        for _ in range(MAX_WAITING):
            self.ask()
        with self.refused(UserError, "has not answered"):
            self.ask()
        for request in self.env["web.action.request"].search([]):
            request.with_user(self.grace)._answer(False)
        for _ in range(MAX_PER_MINUTE - MAX_WAITING):
            self.ask().with_user(self.grace)._answer(False)
        with self.refused(UserError, "too often"):
            self.ask()
        self.ask(by=self.other)

    def test_nobody_changes_what_was_asked_or_answered(self):
        request = self.ask()
        for user in (self.ada, self.grace):
            with self.assertRaises(AccessError):
                request.with_user(user).state = "accepted"
        request = self.env["web.action.request"].with_user(self.ada).create(
            {"to_id": self.grace.id, "action_id": self.countries.id, "state": "accepted"}
        )
        self.assertEqual(request.state, "pending")
        self.assertFalse(self.env["web.action.request"].with_user(self.other).search([]))

    def test_nobody_is_asked_when_it_is_rolled_back(self):
        with self.assert_not_notified("web_action_request"):
            savepoint = self.env.cr.savepoint()
            self.ask()
            savepoint.close(rollback=True)

    def test_old_requests_go(self):
        old, new = self.ask(), self.ask()
        self.env.cr.execute(
            "UPDATE web_action_request SET create_date = %s WHERE id = %s",
            [self.env.cr.now() - KEPT - timedelta(seconds=1), old.id],
        )
        self.env.invalidate_all()
        self.env["web.action.request"]._gc_old()
        self.assertEqual(self.env["web.action.request"].search([]), new)
