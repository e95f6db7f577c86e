"""An application for test_server.py: what a namespace can do, and pages beside it."""

import os
import threading
import time
from collections import defaultdict

import psycopg2
import tg
from gevent import monkey
from tg import MinimalApplicationConfigurator, TGController, expose, predicates, require, validate
from tg.configurator.components.statics import StaticsConfigurationComponent
from tg.validation import Convert
from tgext.socketio import BaseNamespace, SocketIOController, SocketIOTGNamespace

from pgsocketio.errors import HandlerError

PATCHED = monkey.is_module_patched("socket")  # when the application is loaded
gates = defaultdict(threading.Event)


class Events(SocketIOTGNamespace):
    def on_ping(self, *args):
        self.emit("pong", *args)
        return [self.request.path, tg.request.remote_addr]

    def on_binary(self, data):
        return data[::-1]

    def on_wait(self, gate):
        gates[gate].wait()
        return "waited"

    def on_open(self, gate):
        gates[gate].set()

    def on_overlap(self, seconds):
        time.sleep(seconds)
        return [tg.request.environ["socketio"] is self.socket, self.request.path]

    def on_query(self, dsn, lock):
        with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        return "waited"

    def on_pid(self):
        return [os.getpid(), os.environ.get("MARK", "")]

    @require(predicates.not_anonymous())
    def on_secret(self):
        return "secret"

    @validate({"number": Convert(int, "No number")})
    def on_number(self, number):
        return number

    def on_fail(self):
        raise KeyError("unexpected")

    def on_meant(self):
        raise HandlerError("the door is locked", "locked")

    def on_join(self, room):
        self.join(room)

    def on_say(self, room, text):
        self.emit_to_room(room, "said", text)


class Plain(BaseNamespace):
    def on_query(self):
        return self.environ["QUERY_STRING"]


class SocketIO(SocketIOController):
    events = Events
    plain = Plain

    @expose()
    def index(self):
        return "the controller's index"

    @expose()
    def page(self):
        return "the controller's page"


class RootController(TGController):
    socketio = SocketIO()

    @expose()
    def index(self):
        return f"patched: {PATCHED}"

    @expose()
    def pass_gate(self, gate):
        gates[gate].wait()
        return "waited"

    @expose()
    def wait(self, seconds):
        time.sleep(float(seconds))
        return "waited" if tg.request.params["seconds"] == seconds else "another's request"


def make_app(global_config, **settings):
    configurator = MinimalApplicationConfigurator()
    configurator.register(StaticsConfigurationComponent)
    configurator.update_blueprint({
        "root_controller": RootController(), "serve_static": True,
        "paths": {"static_files": os.path.join(os.path.dirname(__file__), "public")},
    })
    return configurator.make_wsgi_app(global_config, settings)
