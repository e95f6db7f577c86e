"""An application for test_brokers.py."""

from tg import MinimalApplicationConfigurator, TGController, expose
from tgext.socketio import SocketIOController
from tgext.socketio.pubsub import PubSubTGNamespace


class Channels(PubSubTGNamespace):
    def subscribe_room(self, number):
        return f"room-{number}"

    def on_say(self, channel, *messages):
        for message in messages:
            self.publish(channel, message)


class SocketIO(SocketIOController):
    channels = Channels


class RootController(TGController):
    socketio = SocketIO()

    @expose()
    def publish(self, channel, message):
        PubSubTGNamespace.publish(channel, {"from": "HTTP", "message": message})
        return "published"


def make_app(global_config, **settings):
    configurator = MinimalApplicationConfigurator()
    configurator.update_blueprint({"root_controller": RootController()})
    return configurator.make_wsgi_app(global_config, settings)
