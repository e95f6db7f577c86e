"""Ping-pong in TurboGears: a page with four links, and the namespace that answers them.

    pip install tgext.socketio gearbox
    gearbox serve            # in this folder; then open http://127.0.0.1:8080/socketio/page
"""

import random
from pathlib import Path

from tg import MinimalApplicationConfigurator, TGController, expose, validate
from tg.validation import TGValidationError
from tgext.socketio import SocketIOController, SocketIOTGNamespace

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


class AttackValidator:
    """Lets chance decide on an ``auto``, and refuses an ``error``."""

    def to_python(self, value, state=None):
        if value["type"] == "error":
            raise TGValidationError("Got an error!")
        if value["type"] == "auto":
            return {"type": random.choice(["ping", "fireball"])}
        return value


class PingPong(SocketIOTGNamespace):
    @validate({"attack": AttackValidator()})
    def on_ping(self, attack):
        if attack["type"] == "fireball":
            for _ in range(10):
                self.emit("pong", {"sound": "bang!"})
        else:
            self.emit("pong", {"sound": "pong"})


class SocketIO(SocketIOController):
    pingpong = PingPong

    @expose(content_type="text/html")
    def page(self):
        return PAGE


class RootController(TGController):
    socketio = SocketIO()


def make_app(global_config, **settings):
    """What ``paste.app_factory`` in development.ini names."""
    configurator = MinimalApplicationConfigurator()
    configurator.update_blueprint({"root_controller": RootController()})
    return configurator.make_wsgi_app(global_config, settings)
