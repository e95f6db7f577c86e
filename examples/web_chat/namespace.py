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
    """The rooms that one page looks at."""

    def initialize(self):
        self.rooms = set()

    def on_join(self, room_id):
        """Follow a room from now on; returns its last messages."""
        self.model("web.chat.room").check_access(room_id, "read")
        if room_id not in self.rooms:
            self.rooms.add(room_id)
            self.spawn(self.follow, room_id)
        return self.model("web.chat.room").history(room_id)

    def on_post(self, room_id, text):
        """Store a message; returns its id."""
        return self.model("web.chat.message").create({"room_id": room_id, "body": text})

    def follow(self, room_id):
        while True:
            messages = self.listen(room_id, adapterClass=ChatAdapter)
            self.secure_emit("messages", messages)


SocketIO.add_namespace("/chat", ChatNameSpace)
