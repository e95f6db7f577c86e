"""What visitors may hear and ask, and what takes a login."""

from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.session import AbstractAdapter
from odoo.addons.web_socketio.web_socketio import SocketIO

from pgsocketio.subscription import Subscription


class NewsAdapter(AbstractAdapter):
    """For everybody."""

    channel = "test_site.news"

    def format(self, message):
        return message["values"]["text"]


class VisitorNameSpace(OpenERPNameSpace):
    auth = "public"
    subscriptions = [Subscription("news", NewsAdapter)]

    def on_who_am_i(self):
        with self.environment() as env:
            return {"uid": env.uid, "public": env.user._is_public()}


class PortalNameSpace(VisitorNameSpace):
    auth = "portal"


SocketIO.add_namespace("/test_site/visitors", VisitorNameSpace)
SocketIO.add_namespace("/test_site/portal", PortalNameSpace)
