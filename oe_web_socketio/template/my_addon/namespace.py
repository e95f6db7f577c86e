from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import AbstractAdapter
from odoo.addons.web_socketio.web_socketio import SocketIO

from pgsocketio.subscription import Subscription


class NoteAdapter(AbstractAdapter):
    """The notes to one user: those whose ``to_id`` is the listener's argument."""

    channel = "my_addon"
    index = "to_id"

    def format(self, message, uid):
        """What the browser receives."""
        return message["values"]


class MyAddonNameSpace(OpenERPNameSpace):
    """One browser on ``/my_addon``; ``self.session.uid`` is who sits before it."""

    subscriptions = [
        Subscription("note", NoteAdapter, lambda session: [session.uid], acknowledged=True),
    ]

    def on_read(self, note_id):
        """The browser emitted ``read``; what this returns is its answer.

        The model is called as the user, so that access rights and record rules hold.
        """
        self.model("my.addon.note").mark_read([int(note_id)])
        return True


SocketIO.add_namespace("/my_addon", MyAddonNameSpace)
