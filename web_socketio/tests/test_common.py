"""The kit itself: it says yes to what was published and no to what was not."""

from odoo.tests import tagged

from .common import SocketIOCase


@tagged("post_install", "-at_install")
class TestCommon(SocketIOCase):
    def notify(self, **values):
        self.env["web.socketio"].notify("test", **values)

    def test_assert_notified_finds_one_message_by_some_of_its_values(self):
        self.notify(n=1)
        with self.assert_notified("test", n=1, who="demo") as published:
            self.notify(n=1, who="demo", more=True)
            self.notify(n=2)
            self.env["web.socketio"].notify("another", n=1, who="demo")
        self.assertEqual([message["values"]["n"] for message in published], [1, 2])

    def test_assert_notified_fails_for_none_for_two_and_for_other_values(self):
        for published in ([], [{"n": 1}, {"n": 1}], [{"n": 2}], [{"m": 1}]):
            wrong = self.assertRaisesRegex(AssertionError, "not 1; published")
            with wrong, self.assert_notified("test", n=1):
                for values in published:
                    self.notify(**values)

    def test_assert_notified_knows_rollbacks_and_volatile_messages(self):
        with self.assertRaises(AssertionError), self.assert_notified("test", n=1):
            savepoint = self.env.cr.savepoint()
            self.notify(n=1)
            savepoint.close(rollback=True)
        with self.assert_notified("test", n=1):
            self.env["web.socketio"].notify_volatile("test", n=1)

    def test_assert_not_notified(self):
        self.notify(n=1)
        with self.assert_not_notified("test"):
            self.env["web.socketio"].notify("another", n=1)
        wrong = self.assertRaisesRegex(AssertionError, "published on 'test'")
        with wrong, self.assert_not_notified("test"):
            self.notify(n=1)

    def test_postcommit_runs_the_hooks_that_tests_drop(self):
        ran = []
        with self.postcommit():
            self.env.cr.postcommit.add(lambda: ran.append("own"))
            with self.enter_registry_test_mode(), self.registry.cursor() as cursor:
                cursor.postcommit.add(lambda: ran.append("other"))
            self.assertEqual(ran, ["other"])
        self.assertEqual(ran, ["other", "own"])
