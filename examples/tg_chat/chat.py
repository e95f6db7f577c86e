"""A chat with rooms in TurboGears, over memory, Redis or PostgreSQL.

    pip install 'tgext.socketio[redis]' gearbox
    gearbox serve            # in this folder; then open http://127.0.0.1:8080/ in two browsers

``anypubsub.backend`` in development.ini says what carries the messages.
"""

import uuid
from pathlib import Path

from tg import MinimalApplicationConfigurator, TGController, expose
from tgext.socketio import SocketIOController
from tgext.socketio.pubsub import PubSubTGNamespace

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


class Chat(PubSubTGNamespace):
    def subscribe_room(self, room):
        self.session["uid"] = str(uuid.uuid4())
        self.session["channel"] = f"room-{room}"
        self.emit("userid", self.session["uid"])
        return self.session["channel"]

    def on_user_message(self, message):
        self.publish(
            self.session["channel"], {"uid": self.session["uid"], "message": message}
        )


class SocketIO(SocketIOController):
    chat = Chat


class RootController(TGController):
    socketio = SocketIO()

    @expose(content_type="text/html")
    def index(self, **_query):
        return PAGE


def make_app(global_config, **settings):
    """What ``paste.app_factory`` in development.ini names."""
    configurator = MinimalApplicationConfigurator()
    configurator.update_blueprint({"root_controller": RootController()})
    return configurator.make_wsgi_app(global_config, settings)
