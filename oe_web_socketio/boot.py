"""Patch first, then Odoo: in this order, or its locks and connections block the loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oe_web_socketio import logs
from oe_web_socketio.locate import load_odoo


def patch() -> None:
    """Make the standard library and psycopg2 give way while they wait."""
    from gevent import monkey

    monkey.patch_all()

    from pgsocketio.green_postgres import patch_psycopg2

    patch_psycopg2()


def boot(values: Mapping[str, Any]) -> None:
    """Load Odoo and its server-wide modules, without any of its servers.

    :param values: of the options, by name.
    """
    load_odoo()
    import odoo

    odoo.evented = True  # not before: loading Odoo resets it
    from odoo.service.server import load_server_wide_modules
    from odoo.tools import config

    argv = ["--no-http", "--max-cron-threads=0", f"--log-level={values['log_level']}"]
    argv.append(f"--logfile={values['logfile'] or ''}")  # never into Odoo's own
    argv += [f"--config={values['config']}"] if values["config"] else []
    argv += [f"--addons-path={values['addons_path']}"] if values["addons_path"] else []
    if values["log_format"] == "json":
        logs.prepare_json(values["logfile"])
    config.parse_config(argv, setup_logging=True)
    logs.set_level(values["log_level"])
    load_server_wide_modules()
