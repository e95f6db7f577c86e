"""Wrong options and backends are told clearly; names that others import; nothing is patched."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

import pytest
from tgext.socketio.brokers import make_broker
from tgext.socketio.errors import DebugModeForbiddenException
from tgext.socketio.options import read_options
from tgext.socketio.server import socketio_server_factory, socketio_server_runner

from pgsocketio.errors import ConfigError


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
    with pytest.raises(DebugModeForbiddenException, match="set 'debug = false' in"):
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
        ({"backend": "postgres"}, "postgres does not take no option: .*'dsn'"),
        ({"backend": "postgres", "dsn": "what=ever"}, "anypubsub.dsn is no connection string"),
    ],
)
def test_a_wrong_backend_says_what_is_wrong(options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_broker({f"anypubsub.{key}": value for key, value in options.items()})


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
