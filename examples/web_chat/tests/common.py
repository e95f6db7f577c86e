from odoo.addons.web_chat.namespace import ChatNameSpace
from odoo.addons.web_socketio.tests.common import SocketIOCase
from odoo.tests import new_test_user


class ChatCase(SocketIOCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(cls.env, "ada", name="Ada")
        cls.grace = new_test_user(cls.env, "grace", name="Grace")
        cls.room = cls.env.ref("web_chat.room_everyone")
        cls.coffee = cls.env.ref("web_chat.room_coffee")

    def chat(self, user, **options):
        """A page of a user's, at a server process of its own unless it is ``beside`` another."""
        return self.connect(ChatNameSpace, user, **options)

    def events(self, chat, name):
        """The content of the events of a name that came since the last call."""
        return [args[0] for event, args in chat.take() if event == name]

    def overview(self, chat, room):
        """What the page shows of a room: how many unread messages, and who is there."""
        (rooms,) = chat.call("overview")
        (shown,) = [shown for shown in rooms if shown["id"] == room.id]
        return len(shown["unread"]), [user["name"] for user in shown["present"]]
