"""A server process for the tests: ``python -m tests.chaos.server DSN PORT [WITHOUT]``."""

from __future__ import annotations

import logging
import sys

from oe_web_socketio.boot import patch


def main() -> None:
    """Patch first, then everything else."""
    patch()
    from tests.chaos.application import Application
    from tests.chaos.sabotage import SABOTAGES

    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    dsn, port, *without = sys.argv[1:]
    for name in without:
        SABOTAGES[name]()
    Application(dsn, int(port)).run()


main()
