"""An application for test_brokers.py."""

import queue

from tg import MinimalApplicationConfigurator, TGController, expose
from tgext.socketio import SocketIOController
from tgext.socketio.pubsub import PubSubTGNamespace


class OwnBroker:
    """An application's own broker: anypubsub's interface, and nothing of its code."""

    def __init__(self):
        self.queues = {}

    def publish(self, channel, message):
        for waiting in self.queues.get(channel, ()):
            waiting.put(message)

    def subscribe(self, *channels):
        messages = queue.Queue()
        for channel in channels:
            self.queues.setdefault(channel, []).append(messages)
        return iter(messages.get, None)


class Globals:
    def __init__(self):
        self.anypubsub = OwnBroker()


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
    if settings.get("own_broker"):
        configurator.update_blueprint({"app_globals": Globals})
    return configurator.make_wsgi_app(global_config, settings)
