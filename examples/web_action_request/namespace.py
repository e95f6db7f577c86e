from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import AbstractAdapter
from odoo.addons.web_socketio.web_socketio import SocketIO

from pgsocketio.subscription import Subscription


class ActionRequestAdapter(AbstractAdapter):
    """The requests that concern one user: as who asks, or as who is asked."""

    channel = "web_action_request"
    index = "to_id"

    def format(self, message, uid):
        return message["values"]["request_id"]


class ActionRequestNameSpace(OpenERPNameSpace):
    """One page, on which its user is asked, and told answers."""

    subscriptions = [
        Subscription(
            "request", ActionRequestAdapter, lambda session: [session.uid], acknowledged=True
        )
    ]

    def on_show(self, request_id):
        """Return what to show of a request."""
        return self.model("web.action.request")._describe([int(request_id)])

    def on_answer(self, request_id, accepted):
        """Accept or refuse; returns the action to open."""
        return self.model("web.action.request")._answer([int(request_id)], bool(accepted))


SocketIO.add_namespace("/action_request", ActionRequestNameSpace)
