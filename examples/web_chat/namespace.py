from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import AbstractAdapter
from odoo.addons.web_socketio.web_socketio import SocketIO


class ChatAdapter(AbstractAdapter):
    """The messages of one room."""

    channel = "chat"
    index = "room_id"

    def get(self, messages, room_id):
        return [message for message in messages if message["values"]["room_id"] == room_id]

    def format(self, message, room_id):
        return message["values"]


class ChatNameSpace(OpenERPNameSpace):
    """The room that one page looks at."""

    room_id = None

    def on_join(self, room_id):
        """Follow a room from now on, and no other; returns its last messages."""
        self.model("web.chat.room").check_access(room_id, "read")
        self.unsubscribe("message", ChatAdapter, self.room_id)
        self.subscribe("message", ChatAdapter, room_id, acknowledged=True)
        self.room_id = room_id
        return self.model("web.chat.room").history(room_id)

    def on_post(self, room_id, text):
        """Store a message; returns its id."""
        return self.model("web.chat.message").create({"room_id": room_id, "body": text})


SocketIO.add_namespace("/chat", ChatNameSpace)
