"""Patch first, then Odoo: in this order, or its locks and connections block the loop."""

from __future__ import annotations

from oe_web_socketio.locate import load_odoo


def patch() -> None:
    """Make the standard library and psycopg2 give way while they wait."""
    from gevent import monkey

    monkey.patch_all()

    from pgsocketio.green_postgres import patch_psycopg2

    patch_psycopg2()


def boot(conf: str | None, addons_path: str | None, log_level: str, logfile: str | None) -> None:
    """Load Odoo and its server-wide modules, without any of its servers.

    :param conf: Odoo's conf file, None for its default.
    :param addons_path: instead of the conf file's; this distribution's addons are found anyway.
    """
    load_odoo()
    import odoo

    odoo.evented = True  # not before: loading Odoo resets it
    from odoo.service.server import load_server_wide_modules
    from odoo.tools import config

    argv = ["--no-http", "--max-cron-threads=0", f"--log-level={log_level}"]
    argv += [f"--config={conf}"] if conf else []
    argv += [f"--logfile={logfile}"] if logfile else []
    argv += [f"--addons-path={addons_path}"] if addons_path else []
    config.parse_config(argv, setup_logging=True)
    load_server_wide_modules()
