"""Which sessions Odoo accepts, asked about many at once."""

import time
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

from ..compat_auth import judge
from ..compat_sessions import NEVER, Stored


@tagged("post_install", "-at_install")
class TestSessions(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kinds = {"employee": "base.group_user", "customer": "base.group_portal"}
        cls.users = {
            f"{kind}{number}": new_test_user(cls.env, f"{kind}{number}", groups=groups)
            for kind, groups in kinds.items()
            for number in range(10)
        }

    def stored(self, user, **values):
        """A session of a user, as its file has it."""
        sid = f"{user.id:084}"
        token = user._compute_session_token(sid)
        stored = Stored(sid, user.id, None, user.login, token, 0, None, NEVER, (0, 0, 0))
        return stored._replace(**values)

    def judge(self, *sessions):
        """The kinds of users that sessions let in as, None where they do not."""
        self.env.flush_all()
        verdicts = judge([(session.uid, session) for session in sessions], self.env)
        return [verdict and verdict.level for verdict in verdicts]

    def test_each_is_judged_by_itself(self):
        users = list(self.users.values())
        sessions = [self.stored(user) for user in users]
        users[0].password = "changed"
        users[1].active = False
        users[2].login = "renamed"
        wrong = self.stored(users[3], token="")
        over = self.stored(users[4], ends=time.time() - 1)
        expected = [None] * 3 + ["user"] * 7 + ["portal"] * 10
        self.assertEqual(self.judge(*sessions, wrong, over), [*expected, None, None])

    def test_nobody_is_left(self):
        user = self.users["employee0"]
        session = self.stored(user)
        user.active = False
        self.assertEqual(self.judge(session), [None])
        self.assertEqual(judge([], self.env), [])

    def test_many_take_as_many_queries_as_one(self):
        sessions = [self.stored(user) for user in self.users.values()]
        self.judge(*sessions)  # what is not of users is known from now on
        counts = []
        for some in (sessions[:1], sessions):
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            before = self.env.cr.sql_log_count
            self.judge(*some)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_older_tokens_are_as_good(self):
        user = self.users["employee0"]
        sid = self.stored(user).sid
        old = self.stored(user, token=user._legacy_session_token_hash_compute(sid))
        self.assertEqual(self.judge(old), ["user"])
        user.password = "changed"
        self.assertEqual(self.judge(old), [None])

    def test_an_addon_may_decide_otherwise_who_counts(self):
        """As one that lets nobody in outside of office hours."""
        model = self.env.registry["res.users"]
        asks = model._get_session_token_query_params

        def of_employees(user):
            query = asks(user)
            query["where"] = SQL("%s AND login LIKE 'employee%%'", query["where"])
            return query

        sessions = [self.stored(self.users[login]) for login in ("employee0", "customer0")]
        with patch.object(model, "_get_session_token_query_params", of_employees):
            self.assertEqual(self.judge(*sessions), ["user", None])

    def test_who_has_no_session_file_is_judged_by_the_user(self):
        user = self.users["employee0"]
        self.assertEqual([one.level for one in judge([(user.id, None)], self.env)], ["user"])
        user.active = False
        self.env.flush_all()
        self.assertEqual(judge([(user.id, None)], self.env), [None])
