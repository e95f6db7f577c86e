"""The names that addons import and call are kept to the letter."""

from __future__ import annotations

import json
import subprocess

from tools.odoo import OdooInstance
from tools.paths import ROOT, VENV_PYTHON

NAMES = {
    "web_socketio.namespace:OpenERPNameSpace": (
        "recv_connect recv_disconnect on_session_id model listen validate secure_emit notify "
        "environment broadcast_event join leave emit_to_room spawn disconnect error initialize "
        "recv_message recv_json recv_error get_initial_acl add_acl_method del_acl_method "
        "lift_acl_restrictions reset_acl is_method_allowed call_method call_method_with_acl "
        "process_event process_packet send emit kill_local_jobs environ session subscribe"
    ),
    "web_socketio.web_socketio:SocketIO": "add_namespace",
    "web_socketio.session:AbstractAdapter": "channel get format index",
    "web_longpolling.namespace:LongPollingNameSpace": "on add_subscription",
    "web_longpolling.namespace:on": "__call__",
}
SCRIPT = """
import importlib, json, odoo.init
from odoo.tools import config
config.parse_config(["-c", {conf!r}, "--no-http"], setup_logging=False)
from odoo.modules import module
module.initialize_sys_path()
missing = []
for path, names in {names!r}.items():
    module_name, _, attribute = path.partition(":")
    thing = getattr(importlib.import_module("odoo.addons." + module_name), attribute, None)
    missing += [path + "." + name for name in names.split() if not hasattr(thing, name)]
print(json.dumps(missing))
"""


def test_every_name_that_addons_use_is_there(odoo_instance: OdooInstance) -> None:
    script = SCRIPT.format(conf=str(odoo_instance.conf), names=NAMES)
    result = subprocess.run(
        [str(VENV_PYTHON), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", **odoo_instance.odoo.env}, check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout.splitlines()[-1]) == []
