"""Wrong options and backends are told clearly; names that others import; nothing is patched."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import tgext.socketio
from tgext.socketio.brokers import make_broker
from tgext.socketio.errors import DebugModeForbiddenException
from tgext.socketio.options import read_options
from tgext.socketio.pubsub import PubSubTGNamespace
from tgext.socketio.server import socketio_server_factory, socketio_server_runner
from tgext.socketio.testing import SocketIOTestClient

from pgsocketio.errors import ConfigError, NotEncodable, PayloadTooLarge
from pgsocketio.message import dumps
from tests.tgext.unit.apps import make_app


class News(PubSubTGNamespace):
    def subscribe_news(self) -> None:
        """Itself."""


def test_defaults() -> None:
    values = read_options({})
    assert (values["host"], values["port"], values["socketio_resource"]) == (
        "127.0.0.1", 8080, "socketio"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resource": "x"}, r"has no option resource; it knows socketio_resource, host"),
        ({"port": "http"}, r"'http' is not valid for port: it takes a whole number"),
        ({"ping_interval": "-1"}, r"'-1' is not valid for ping_interval"),
        ({"socketio_resource": "/"}, r"mounted below the root"),
    ],
)
def test_a_wrong_option_says_what_is_wrong(given: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        socketio_server_factory({}, **given)


@pytest.mark.parametrize("call", [
    lambda conf: socketio_server_factory(conf),
    lambda conf: socketio_server_runner(None, conf),
])  # fmt: skip
def test_debug_mode_is_refused(call: Any) -> None:
    told = "set 'debug = false' in .* a socket's request lasts"
    with pytest.raises(DebugModeForbiddenException, match=told):
        call({"debug": "true"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "set 'anypubsub.backend' in"),
        ({"backend": "mongodb"}, "mongodb does not work: anypubsub 0.6 calls what pymongo"),
        ({"backend": "amqp"}, "amqp does not work: anypubsub 0.6 calls what amqp"),
        ({"backend": "carrier-pigeon"}, "carrier-pigeon cannot be loaded.*postgres are known"),
        ({"backend": "memory", "speed": "9"}, "memory does not take anypubsub.speed"),
        ({"backend": "redis", "port": "six"}, "anypubsub.port is a whole number"),
        ({"backend": "postgres"}, "postgres needs anypubsub.dsn: the connection string"),
        ({"backend": "postgres", "dsn": "what=ever"}, "anypubsub.dsn is no connection string"),
    ],
)
def test_a_wrong_backend_says_what_is_wrong(options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_broker({f"anypubsub.{key}": value for key, value in options.items()})


@pytest.mark.parametrize("backend", ["mongodb", "amqp"])
def test_a_backend_that_does_not_work_is_named_when_the_application_is_known(
    backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = SocketIOTestClient(make_app(config={"anypubsub.backend": backend}, test=News))
    socket = client.namespace("/test")
    assert f"anypubsub.backend = {backend} does not work: anypubsub 0.6 calls" in caplog.text
    assert socket.emit("subscribe", "news").errors == [("internal_error", "Internal error")]
    assert socket.emit("unsubscribe", "news").ack is False


@pytest.mark.parametrize(
    ("message", "error", "why"),
    [
        ({"text": "\x00"}, NotEncodable, "NUL"),
        ({"text": "x" * 1_050_000}, PayloadTooLarge, "send the id of a record"),
    ],
)
def test_postgres_says_at_once_what_it_cannot_carry(
    message: Any, error: type[Exception], why: str
) -> None:
    broker = make_broker({"anypubsub.backend": "postgres", "anypubsub.dsn": "dbname=nowhere"})
    with pytest.raises(error, match=why):
        broker.check("news", dumps(message))


def test_a_test_of_an_application_over_postgres_is_told_to_take_memory() -> None:
    config = {"anypubsub.backend": "postgres", "anypubsub.dsn": "dbname=nowhere"}
    refused = SocketIOTestClient(make_app(config=config, test=News)).namespace("/test").refused
    assert refused is not None
    assert "set 'anypubsub.backend = memory' for tests" in refused["message"]


def test_what_turbogears_does_not_document_is_used_in_one_module() -> None:
    internals = re.compile(r"tg\.locals|_current_obj|_fast_setattr|Decoration\b|tg(\.\w+)*\._")
    folder = Path(tgext.socketio.__file__).parent
    users = {path.name for path in folder.glob("*.py") if internals.search(path.read_text())}
    assert users == {"tgcompat.py"}


def test_exports() -> None:
    from tgext.socketio import BaseNamespace, SocketIOController, SocketIOTGNamespace
    from tgext.socketio.controller import SocketIOController as Controller
    from tgext.socketio.namespace import SocketIOTGNamespace as Namespace
    from tgext.socketio.pubsub import PubSubTGNamespace

    assert (Controller, Namespace) == (SocketIOController, SocketIOTGNamespace)
    assert issubclass(SocketIOTGNamespace, BaseNamespace)
    assert issubclass(PubSubTGNamespace, SocketIOTGNamespace)


def test_both_kinds_of_entry_point() -> None:
    found = {
        group: entry_points(group=f"paste.{group}", name="socketio")
        for group in ("server_factory", "server_runner")
    }
    loaded = {group: next(iter(entries)).load() for group, entries in found.items()}
    assert loaded == {
        "server_factory": socketio_server_factory, "server_runner": socketio_server_runner
    }  # fmt: skip


def test_importing_patches_nothing_and_starts_nothing() -> None:
    program = """
import socket, sys, threading
before = socket.socket, threading.Thread.start
import tgext.socketio, tgext.socketio.pubsub, tgext.socketio.server, tgext.socketio.controller
assert (socket.socket, threading.Thread.start) == before
assert "gevent" not in sys.modules, "gevent is loaded"
assert "odoo" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)


def test_the_server_comes_before_turbogears_which_keeps_requests_per_thread() -> None:
    program = """
import sys
import tgext.socketio, tgext.socketio.server
assert not {"tg", "transaction", "beaker", "kajiki"} & set(sys.modules)
tgext.socketio.server._patch()
from gevent.local import local
from tg.request_local import config, context
for proxy in (config, context):
    assert isinstance(proxy.__dict__["____local__"], local), proxy
from tgext.socketio import BaseNamespace, SocketIOController, SocketIOTGNamespace
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)


def test_the_runner_warns_when_nothing_is_patched() -> None:
    program = """
import warnings
warnings.simplefilter("error", RuntimeWarning)
from tgext.socketio.server import socketio_server_runner
try:
    socketio_server_runner(None, {})
except RuntimeWarning as warning:
    print(warning)
"""
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "gevent has not patched" in output
