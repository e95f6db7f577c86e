from odoo.addons.web_longpolling.namespace import LongPollingNameSpace
from odoo.addons.web_socketio.session import AbstractAdapter


class ActionRequestAdapter(AbstractAdapter):
    """The requests that concern one user: as who asks, or as who is asked."""

    channel = "web_action_request"
    index = "to_id"

    def format(self, message, uid):
        return message["values"]["request_id"]


LongPollingNameSpace.add_subscription(
    "action request", ActionRequestAdapter, lambda session: [session.uid], acknowledged=True
)


@LongPollingNameSpace.on("action request show")
def show(session, request_id):
    """Return what to show of a request."""
    return session.model("web.action.request")._describe([int(request_id)])


@LongPollingNameSpace.on("action request answer")
def answer(session, request_id, accepted):
    """Accept or refuse; returns the action to open."""
    return session.model("web.action.request")._answer([int(request_id)], bool(accepted))
