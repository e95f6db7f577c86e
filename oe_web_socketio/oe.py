"""``oe``: Odoo's own command, with this distribution's addons on its path."""

from __future__ import annotations

import sys

from oe_web_socketio.locate import load_odoo
from pgsocketio.errors import ConfigError


def main() -> None:
    """Run Odoo with the arguments of the command line, which stay as they are."""
    try:
        load_odoo()
    except ConfigError as error:
        sys.exit(f"oe: {error}")
    import odoo.cli

    odoo.cli.main()
