import time

from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import AbstractAdapter
from odoo.addons.web_socketio.web_socketio import SocketIO

from pgsocketio.subscription import Subscription

TYPING_PAUSE = 1.0
"""Seconds in which a page tells once at most that somebody types."""


class RoomAdapter(AbstractAdapter):
    """The messages of one room."""

    channel = "web_chat.message"
    index = "room_id"

    def format(self, message, room_id):
        return message["values"]


class PostedAdapter(AbstractAdapter):
    """That something was written, in whichever room."""

    channel = "web_chat.message"

    def format(self, message):
        return {key: message["values"][key] for key in ("id", "room_id", "author_id")}


class TypingAdapter(AbstractAdapter):
    """Who types in one room."""

    channel = "web_chat.typing"
    index = "room_id"

    def format(self, message, room_id):
        return message["values"]


class PresenceAdapter(AbstractAdapter):
    """Who comes into a room and goes."""

    channel = "web_chat.presence"

    def format(self, message):
        return message["values"]


class ReadAdapter(AbstractAdapter):
    """How far one user has read, on whichever page."""

    channel = "web_chat.read"
    index = "user_id"

    def format(self, message, uid):
        return message["values"]


class ChatNameSpace(OpenERPNameSpace):
    """One page: all rooms in short, and the one that it looks at."""

    subscriptions = [
        Subscription("posted", PostedAdapter),
        Subscription("presence", PresenceAdapter),
        Subscription("read", ReadAdapter, lambda session: [session.uid]),
    ]
    room_id = None
    _typed_at = 0.0

    def on_overview(self):
        """Return every room: who is there, and what the user has not read."""
        return self.model("web.chat.room")._overview()

    def on_join(self, room_id):
        """Look at this room from now on, and at no other; returns its last messages."""
        self.on_leave()
        self.room_id = room_id
        self.model("web.chat.room")._enter(room_id, self.socket.sid)
        if self.socket.gone is not None:  # while it came in: recv_disconnect was too early
            self.model("web.chat.room")._leave(room_id, self.socket.sid)
            return None
        self.subscribe("message", RoomAdapter, room_id, acknowledged=True)
        self.subscribe("typing", TypingAdapter, room_id)
        return self.model("web.chat.room")._history(room_id)

    def on_leave(self):
        """Look at no room."""
        room_id, self.room_id = self.room_id, None
        if room_id is not None:
            self.unsubscribe("message", RoomAdapter, room_id)
            self.unsubscribe("typing", TypingAdapter, room_id)
            self.model("web.chat.room")._leave(room_id, self.socket.sid)

    def recv_disconnect(self):
        self.on_leave()

    def on_here(self):
        """The page is still there, as it says every minute; returns who else is in its room."""
        if self.room_id is None:
            return []
        self.model("web.chat.connection")._beat(self.socket.sid)
        return self.model("web.chat.room")._present(self.room_id)

    def on_post(self, room_id, text):
        """Store a message; returns its id."""
        return self.model("web.chat.message").create({"room_id": room_id, "body": text})

    def on_read(self, room_id, message_id):
        """The user has read all up to a message."""
        self.model("web.chat.room")._read(room_id, message_id)

    def on_typing(self):
        """The user types in the room."""
        if self.room_id is None or time.monotonic() < self._typed_at + TYPING_PAUSE:
            return
        self._typed_at = time.monotonic()
        with self.environment() as env:
            user = {"id": env.uid, "name": env.user.name}
            env["web.socketio"].notify_volatile(
                "web_chat.typing", room_id=self.room_id, user=user
            )


SocketIO.add_namespace("/chat", ChatNameSpace)
