"""Patch first, then Odoo: in this order, or its locks and connections block the loop."""

from __future__ import annotations

from typing import Any

from oe_web_socketio.locate import load_odoo

CONNECT_TIMEOUT = 10.0


def patch() -> None:
    """Make the standard library and psycopg2 give way while they wait."""
    from gevent import monkey

    monkey.patch_all()

    from psycopg2 import extensions

    extensions.set_wait_callback(_wait)


def _wait(connection: Any) -> None:
    """psycopg2's wait callback; source: its manual, "Support for coroutine libraries"."""
    from gevent.socket import wait_read, wait_write
    from psycopg2 import OperationalError, extensions

    waits = {extensions.POLL_READ: wait_read, extensions.POLL_WRITE: wait_write}
    live = (extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED)
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        if state not in waits:
            raise OperationalError(f"unexpected state of a connection: {state}")
        # libpq's connect_timeout holds for connections that block only.
        patience = None if connection.status in live else CONNECT_TIMEOUT
        late = OperationalError(f"PostgreSQL did not answer within {CONNECT_TIMEOUT:g} s")
        waits[state](connection.fileno(), timeout=patience, timeout_exc=late)


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
