"""API keys: what a wrong one tells whoever tries it."""

from unittest.mock import Mock, patch

from odoo.addons.base.models import res_users
from odoo.tests import TransactionCase, new_test_user, tagged

from .. import compat_auth
from ..compat_auth import SCOPE, broken_keys, find_key


@tagged("post_install", "-at_install")
class TestKeys(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "robot", groups="base.group_user")
        keys = cls.env(user=cls.user)["res.users.apikeys"].sudo()
        cls.key = keys._generate(SCOPE, "good", None)
        cls.without_scope = keys._generate(None, "for everything", None)

    def find(self, key, any_scope=False):
        """Whom a key is of, and how often a hash was computed: that is what takes time."""
        spy = Mock(wraps=compat_auth.KEY_CRYPT_CONTEXT)
        with (
            patch.object(res_users, "KEY_CRYPT_CONTEXT", spy),
            patch.object(compat_auth, "KEY_CRYPT_CONTEXT", spy),
        ):
            found = find_key(key, self.env, any_scope)
        return found and found[0], spy.verify.call_count

    def test_a_key_is_found(self):
        self.assertEqual(self.find(self.key)[0], self.user.id)
        self.assertEqual(self.find(self.without_scope, any_scope=True)[0], self.user.id)

    def test_every_answer_takes_as_long(self):
        taken = {
            self.find(key)
            for key in (
                "0" * 40,
                self.key[:8] + "0" * 32,
                self.key[:-1] + ("0" if self.key[-1] != "0" else "1"),
                self.without_scope,
            )
        }
        self.assertEqual(taken, {(None, self.find(self.key)[1])})

    def test_all_keys_are_looked_at_in_one_query(self):
        keys = self.env["res.users.apikeys"].search([("user_id", "=", self.user.id)])
        gone = max(keys.ids) + 1
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = '2000-01-01' WHERE id = %s",
            [keys.ids[0]],
        )
        with self.assertQueryCount(1):
            broken = broken_keys([*keys.ids, gone], self.env.cr)
        self.assertEqual(
            broken, {keys.ids[0]: "the API key has expired", gone: "the API key was deleted"}
        )
