from odoo.addons.my_addon.namespace import MyAddonNameSpace
from odoo.addons.web_socketio.tests.common import SocketIOCase
from odoo.tests import new_test_user, tagged


@tagged("post_install", "-at_install")
class TestMyAddon(SocketIOCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.author = new_test_user(cls.env, "my_addon_author", name="Ada")
        cls.reader = new_test_user(cls.env, "my_addon_reader")
        cls.other = new_test_user(cls.env, "my_addon_other")

    def write_note(self):
        values = {"user_id": self.reader.id, "text": "Hello"}
        return self.env["my.addon.note"].with_user(self.author).create(values)

    def test_a_note_is_published_when_it_is_created(self):
        with self.assert_notified("my_addon", to_id=self.reader.id, text="Hello"):
            self.write_note()

    def test_its_reader_receives_it_and_nobody_else(self):
        reader = self.connect(MyAddonNameSpace, self.reader)
        other = self.connect(MyAddonNameSpace, self.other)
        note = self.write_note()
        received = {"to_id": self.reader.id, "note_id": note.id, "text": "Hello", "author": "Ada"}
        self.assertEqual(reader.take(), [("note", [received])])
        self.assertEqual(other.take(), [])

    def test_its_reader_says_that_it_has_been_read(self):
        note = self.write_note()
        reader = self.connect(MyAddonNameSpace, self.reader)
        self.assertEqual(reader.call("read", note.id), [True])
        self.assertTrue(note.is_read)

    def test_nobody_else_may(self):
        note = self.write_note()
        other = self.connect(MyAddonNameSpace, self.other)
        (answer,) = other.call("read", note.id)
        self.assertEqual(answer["error"]["name"], "AccessError")
        self.assertFalse(note.is_read)
