from odoo.addons.web_longpolling.namespace import LongPollingNameSpace
from odoo.addons.web_socketio.session import AbstractAdapter


class NotificationAdapter(AbstractAdapter):
    """The notifications of one user."""

    channel = "notification"
    index = "to_id"

    def get(self, messages, uid):
        return [message for message in messages if message["values"]["to_id"] == uid]

    def format(self, message, uid):
        return message["values"]


@LongPollingNameSpace.on("notification", adapterClass=NotificationAdapter, eventtype="connect")
def notifications(session):
    while True:
        messages = session.listen(session.uid)
        session.secure_emit("get notification", messages)
