"""``model('res.partner')`` of a namespace, as far as it needs no server."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from .. import compat


@tagged("post_install", "-at_install")
class TestCallKw(TransactionCase):
    def call(self, method, *args, model="res.partner", **kwargs):
        return compat.call_kw(self.env[model], method, args, kwargs)

    def test_create_returns_an_id_or_ids(self):
        self.assertIsInstance(self.call("create", {"name": "one"}), int)
        ids = self.call("create", [{"name": "one"}, {"name": "two"}])
        self.assertEqual(self.env["res.partner"].browse(ids).mapped("name"), ["one", "two"])

    def test_an_id_or_ids_come_first_unless_the_method_is_of_the_model(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        self.assertEqual(self.call("read", partner.id, ["name"])[0]["name"], "Ada")
        self.assertEqual(self.call("read", [partner.id], ["name"])[0]["name"], "Ada")
        self.assertTrue(self.call("write", partner.id, {"name": "Ada L."}))
        self.assertEqual(self.call("search", [("name", "=", "Ada L.")]), partner.ids)
        self.assertEqual(self.call("search", domain=[("name", "=", "Ada L.")]), partner.ids)

    def test_recordsets_come_back_as_ids(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        self.assertEqual(self.call("exists", partner.id), partner.ids)
        self.assertEqual(self.call("filtered_domain", partner.id, [(0, "=", 1)]), [])

    def test_context_is_merged_into_the_users(self):
        partners = self.env["res.partner"].with_context(tz="Europe/Paris")
        created = compat.call_kw(
            partners, "create", ({},), {"context": {"default_name": "from context"}}
        )
        self.assertEqual(partners.browse(created).name, "from context")

    def test_arguments_are_left_alone_so_that_a_retry_finds_them(self):
        kwargs = {"context": {"default_name": "x"}}
        compat.call_kw(self.env["res.partner"], "create", ({},), kwargs)
        self.assertEqual(kwargs, {"context": {"default_name": "x"}})

    def test_private_methods_may_be_called(self):
        partner = self.env["res.partner"].create({"name": "Ada"})
        self.assertEqual(self.call("_get_complete_name", partner.id), "Ada")

    def test_what_does_not_exist_is_named(self):
        with self.assertRaisesRegex(AttributeError, "res.partner.no_such_method"):
            self.call("no_such_method")
        with self.assertRaisesRegex(AttributeError, "res.partner.id"):
            self.call("id")

    def test_the_users_rights_count(self):
        user = new_test_user(self.env, "portal_user", "base.group_portal")
        with self.assertRaises(AccessError):
            compat.call_kw(
                self.env["res.partner"].with_user(user), "create", ({"name": "x"},), {}
            )
