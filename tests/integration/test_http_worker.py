"""An addon's namespace modules are imported by Odoo's HTTP workers too: that starts nothing."""

from __future__ import annotations

import json
import subprocess

import pytest

from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON

SCRIPT = """
import json, sys, threading
import odoo.init
from odoo.tools import config
config.parse_config(["-c", {conf!r}, "--no-http"], setup_logging=False)
from odoo.modules import module
module.initialize_sys_path()
for name in {modules!r}:
    __import__(name)
from odoo.addons.web_socketio.web_socketio import SocketIO
modules = set(sys.modules)
print(json.dumps({{
    "namespaces": sorted(SocketIO.namespaces),
    "threads": [thread.name for thread in threading.enumerate()],
    "unwelcome": sorted(m for m in modules if m.split(".")[0] in {unwelcome!r}
                        or m.startswith(("pgsocketio.engine", "oe_web_socketio"))),
    "patched": type(threading.Lock()).__module__,
    "evented": odoo.evented,
}}))
"""
MODULES = [
    "odoo.addons.web_socketio.namespace", "odoo.addons.web_longpolling.namespace",
    "odoo.addons.test_realtime.namespace", "odoo.addons.test_realtime.handlers",
    "odoo.addons.web_notification.namespace", "odoo.addons.web_chat.namespace",
]


def test_importing_namespaces_pulls_in_neither_gevent_nor_the_server(
    instance: OdooInstance,
) -> None:
    script = SCRIPT.format(
        conf=str(instance.conf), modules=MODULES,
        unwelcome=["gevent", "greenlet", "socketio", "engineio", "httptools", "websockets"],
    )
    result = subprocess.run(
        [str(VENV_PYTHON), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", **instance.odoo.env}, check=False,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    assert {"/test", "/longpolling", "/chat"} <= set(found["namespaces"])
    assert found["threads"] == ["MainThread"]
    assert found["unwelcome"] == []
    assert found["patched"] == "_thread"
    assert not found["evented"]


@pytest.mark.parametrize("name, message", [
    ("no_slash", "starts with '/'"), ("/with,comma", "without ','"), (None, "starts with '/'"),
])  # fmt: skip
def test_a_bad_name_of_a_namespace_is_refused(
    instance: OdooInstance, name: object, message: str
) -> None:
    script = SCRIPT.format(conf=str(instance.conf), modules=MODULES[:1], unwelcome=[])
    script += f"""
from odoo.addons.web_socketio.namespace import OpenERPNameSpace
try:
    SocketIO.add_namespace({name!r}, OpenERPNameSpace)
except ValueError as error:
    print(error)
try:
    SocketIO.add_namespace("/right", object)
except TypeError as error:
    print(error)
"""
    result = subprocess.run(
        [str(VENV_PYTHON), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", **instance.odoo.env}, check=False,
    )
    assert message in result.stdout
    assert "is no subclass of OpenERPNameSpace" in result.stdout, result.stderr
