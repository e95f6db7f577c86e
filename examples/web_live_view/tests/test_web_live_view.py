from odoo.addons.web_socketio.live import LiveNameSpace
from odoo.addons.web_socketio.tests.common import SocketIOCase
from odoo.tests import new_test_user, tagged


@tagged("post_install", "-at_install")
class TestWebLiveView(SocketIOCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(cls.env, "ada")
        cls.partner = cls.env["res.partner"].create({"name": "Azure Interior"})

    def follow(self, user):
        """A page with a list of contacts, one of which is on the screen."""
        page = self.connect(LiveNameSpace, user)
        page.call("watch", "res.partner", [self.partner.id], True)
        page.take()
        return page

    def changes(self, page):
        """Ids that changed and ids that are gone, as the page is told."""
        told = [change for _event, (_model, changes) in page.take() for change in changes]
        changed = {number for change in told for number in change["changed"]}
        return changed, {number for change in told for number in change["gone"]}

    def test_a_list_is_told_of_what_is_changed_created_and_deleted(self):
        page = self.follow(self.ada)
        self.partner.name = "Azure Exterior"
        self.assertEqual(self.changes(page), ({self.partner.id}, set()))
        new = self.env["res.partner"].create({"name": "Deco Addict"})
        self.assertEqual(self.changes(page), ({new.id}, set()))
        number = self.partner.id
        self.partner.unlink()
        self.assertEqual(self.changes(page), (set(), {number}))

    def test_who_may_not_read_a_record_is_not_told(self):
        page = self.follow(self.ada)
        self.env["ir.rule"].create({
            "name": "Ada sees no companies",
            "model_id": self.env["ir.model"]._get_id("res.partner"),
            "domain_force": "[('is_company', '=', False)]",
            "groups": [(4, self.env.ref("base.group_user").id)],
        })  # fmt: skip
        hidden = self.env["res.partner"].create({"name": "Hidden", "is_company": True})
        self.assertEqual(self.changes(page), (set(), set()))
        hidden.is_company = False
        self.assertEqual(self.changes(page), ({hidden.id}, set()))
        self.partner.is_company = True
        self.assertEqual(self.changes(page), (set(), {self.partner.id}))

    def test_a_change_names_the_page_that_made_it(self):
        page = self.follow(self.ada)
        self.partner.with_context(web_socketio_page="mine").name = "Azure Exterior"
        ((_event, (_model, (change,))),) = page.take()
        self.assertEqual(change["page"], "mine")

    def test_pages_know_what_is_live(self):
        models = self.env["ir.http"].with_user(self.ada)._live_models()
        self.assertIn("res.partner", models)
        self.assertNotIn("res.users", models)
        self.assertNotIn("web.socketio.live.mixin", models)
