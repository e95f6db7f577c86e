"""The namespace /test: each event shows one thing that a handler may do."""

import datetime
import time

import psycopg2.errors
from markupsafe import Markup
from odoo.addons.test_realtime.adapters import ADAPTERS, Topic, asked
from odoo.addons.web_socketio.namespace import OpenERPNameSpace
from odoo.addons.web_socketio.web_socketio import SocketIO
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate
from odoo.tools.func import lazy

_lt = LazyTranslate(__name__)
NOT_FROM_HERE = _lt("Not from here.")

log = []
"""What happened in this process that no client is told."""


class TestNameSpace(OpenERPNameSpace):
    adapterClass = Topic

    def initialize(self):
        self.calls = 0
        log.append(["initialize", self.ns_name])

    def recv_connect(self):
        log.append(["connect", self.ns_name])

    def recv_session(self):
        self.emit("welcome", self.session.uid, self.session.db)

    def recv_disconnect(self):
        log.append(["disconnect", self.session.uid if self.socket.scope else None])

    def recv_message(self, data):
        self.emit("got message", data)

    def recv_json(self, data):
        self.emit("got json", data)

    def recv_error(self, packet):
        self.emit("got error", packet["args"])

    # -- events and acknowledgements ---------------------------------------------------------

    def on_echo(self, *args):
        return args[0] if len(args) == 1 else list(args)

    def on_my_long_event_name(self, value):
        return f"my long event name: {value}"

    def on_whole_packet(self, packet):
        return {key: packet[key] for key in ("type", "endpoint", "name", "args")}

    def on_tuple(self):
        return "one", 2, [3]

    def on_nothing(self):
        pass

    def on_count(self):
        self.calls += 1
        return self.calls

    def on_log(self):
        return log

    def on_asked(self):
        return dict(asked)

    def on_work(self, name, seconds):
        """Take a while, then say so."""
        time.sleep(seconds)
        self.emit("worked", name)
        return name

    def on_ask_back(self, value):
        """Emit with a callback; what the client answers is emitted again."""
        self.emit("question", value, callback=lambda *answer: self.emit("answered", *answer))

    def on_binary(self, data):
        self.emit("binary", {"bytes": data, "size": len(data)})
        return data

    def on_send(self, data):
        self.send(data, json=not isinstance(data, str))

    def on_environ(self):
        return {"path": self.environ["PATH_INFO"], "request": self.request, "ns": self.ns_name}

    def on_seen(self):
        """How the server sees the client."""
        names = ("wsgi.url_scheme", "HTTP_HOST", "REMOTE_ADDR", "HTTP_X_FORWARDED_FOR",
                 "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO")
        return {name: self.environ.get(name) for name in names}

    def on_types(self):
        """All that travels beside JSON's own types."""
        paris = datetime.timezone(datetime.timedelta(hours=2))
        values = {
            "date": datetime.date(2013, 7, 14),
            "naive": datetime.datetime(2013, 7, 14, 12, 30, 15, 999),
            "aware": datetime.datetime(2013, 7, 14, 12, 30, 15, tzinfo=paris),
            "markup": Markup("<b>%s</b>") % "<",
            "lazy": lazy(lambda: "evaluated"),
            "translated": NOT_FROM_HERE,
        }
        self.notify("test", topic="types", bytes=b"text", **values)
        self.emit("types", values)
        return values

    def on_object(self, where):
        wrong = {where: [{"wrong": object()}]}
        if where == "ack":
            return wrong
        return self.emit("object", wrong) if where == "emit" else self.notify("test", **wrong)

    # -- messages ----------------------------------------------------------------------------

    def on_follow(self, adapter, *args):
        """Emit whatever an adapter has for us, from a job."""
        self.spawn(self._follow, ADAPTERS[adapter], *args)
        return True

    def _follow(self, adapter, *args):
        while True:
            self.emit("batch", self.listen(adapter, *args))

    def on_follow_safely(self, topic):
        self.spawn(self._follow_safely, topic)
        return True

    def _follow_safely(self, topic):
        while True:
            messages = self.listen(topic)
            self.emit("secured", self.secure_emit("safe", messages))

    def on_follow_unsure(self, topic):
        self.spawn(self._follow_unsure, topic)
        return True

    def _follow_unsure(self, topic):
        """Say at first that the messages are not done with."""
        first = self.listen(topic)
        self.emit("first", first)
        self.validate(False)
        while True:
            self.emit("again", self.listen(topic))
            self.validate()

    def on_follow_in_pieces(self, topic):
        self.spawn(self._follow_in_pieces, topic)
        return True

    def _follow_in_pieces(self, topic):
        """Emit several events per batch, before and after validate."""
        while True:
            messages = self.listen(topic)
            self.validate()
            self.emit("piece", len(messages))
            for message in messages:
                self.emit("piece", message)

    def on_listen(self, *args):
        """Listen in the handler itself; what comes is the acknowledgement."""
        return self.listen(*args, timeout=10)

    def on_listen_keyword(self, adapter, topic):
        return self.listen(topic, adapterClass=ADAPTERS[adapter], timeout=10)

    def on_listen_briefly(self, topic):
        return self.listen(topic, timeout=0.2)

    def on_notify(self, values):
        self.notify("test", **values)
        return True

    # -- rooms and jobs ----------------------------------------------------------------------

    def on_join(self, room):
        self.join(room)

    def on_leave(self, room):
        self.leave(room)

    def on_to_room(self, room, *args):
        self.emit_to_room(room, "room", *args)
        return True

    def on_to_all(self, *args):
        self.broadcast_event("all", *args)
        return True

    def on_to_others(self, *args):
        self.broadcast_event_not_me("all", *args)
        return True

    def on_spawn(self, name):
        self.spawn(self._job, name)
        return True

    def _job(self, name):
        log.append(["started", name])
        try:
            while True:
                time.sleep(0.1)
        finally:
            log.append(["ended", name])

    def on_kill_jobs(self):
        self.kill_local_jobs()
        return True

    def on_leave_me(self, silent=False):
        self.disconnect(silent=silent)

    def on_forbid(self, method):
        """Take a method away from this client."""
        self.reset_acl()
        allowed = {name for name in dir(self) if name.startswith("on_")} - {method}
        for name in allowed:
            self.add_acl_method(name)

    def on_lift(self):
        self.lift_acl_restrictions()

    # -- the ORM -----------------------------------------------------------------------------

    def on_model(self, model, method, args=(), kwargs=None):
        """Only a test may let its client choose model and method."""
        return getattr(self.model(model), method)(*args, **(kwargs or {}))

    def on_publish(self, steps):
        return self.model("test.realtime.publisher").run(steps)

    def on_transaction(self, names, fail=False):
        """Create items in one transaction."""
        with self.environment() as env:
            ids = [env["test.realtime.item"].create({"name": name}).id for name in names]
            env["web.socketio"].notify("test", topic="transaction", names=names)
            if fail:
                raise RuntimeError("failed on purpose")
        return ids

    def on_cursor_in_cursor(self):
        """Open a cursor while another one is open, and others have theirs."""
        with self.environment() as env:
            env["test.realtime.item"].wait(0.5)
            return self.model("test.realtime.item").wait(0.5)

    def on_session(self):
        session = self.session
        return {"uid": session.uid, "db": session.db, "login": session.login,
                "context": session.context}

    def on_cursor_timeout(self, seconds):
        """How long handlers of this database wait for a cursor."""
        self.session.database.cursors.timeout = seconds

    # -- errors ------------------------------------------------------------------------------

    def on_refuse(self, kind):
        return self.model("test.realtime.item").refuse(kind)

    def on_refuse_in_environment(self):
        with self.environment() as env:
            raise UserError(env._("Not from here."))

    def on_refuse_lazily(self):
        raise UserError(NOT_FROM_HERE)

    def on_fail(self):
        raise RuntimeError("the secret is 42")

    def on_conflict(self):
        raise psycopg2.errors.SerializationFailure("could not serialize access")

    def on_say_error(self):
        self.error("my_error", "it went wrong")


class OtherNameSpace(OpenERPNameSpace):
    """Beside /test on the same connection; it has no default adapter."""

    def on_whoami(self):
        return self.session.uid

    def on_listen(self, topic):
        return self.listen(topic)


    def on_join(self, room):
        self.join(room)

    def on_to_room(self, room, *args):
        self.emit_to_room(room, "room", *args)

    def on_to_all(self, *args):
        self.broadcast_event("all", *args)


class PortalNameSpace(OtherNameSpace):
    auth = "portal"


class PublicNameSpace(OtherNameSpace):
    """Open to visitors; what they see is what the public user may."""

    auth = "public"

    def on_is_public(self):
        with self.environment() as env:
            return env.user._is_public()


class BrokenNameSpace(OpenERPNameSpace):
    def initialize(self):
        raise RuntimeError("initialize() failed on purpose")


class GreetingNameSpace(OpenERPNameSpace):
    """May say something before it knows who is there, because it says so itself."""

    def get_initial_acl(self):
        return [*super().get_initial_acl(), "on_hello"]

    def recv_connect(self):
        self.emit("connected")

    def recv_session(self):
        self.emit("session")

    def on_hello(self):
        return "hello, stranger"

    def on_uid(self):
        return self.session.uid


SocketIO.add_namespace("/test", TestNameSpace)
SocketIO.add_namespace("/other", OtherNameSpace)
SocketIO.add_namespace("/portal", PortalNameSpace)
SocketIO.add_namespace("/public", PublicNameSpace)
SocketIO.add_namespace("/broken", BrokenNameSpace)
SocketIO.add_namespace("/greeting", GreetingNameSpace)
