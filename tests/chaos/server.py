"""A server process for the tests: ``python -m tests.chaos.server --help``."""

from __future__ import annotations

import argparse
import logging
import sys

from oe_web_socketio.boot import patch


def main() -> None:
    """Patch first, then everything else."""
    patch()
    from tests.chaos.application import Application
    from tests.chaos.sabotage import SABOTAGES

    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("dsn")
    parser.add_argument("port", type=int)
    parser.add_argument("--without", action="append", default=[], choices=SABOTAGES)
    parser.add_argument("--positions", type=float, default=2.0, help="seconds between them")
    options = parser.parse_args()
    for name in options.without:
        SABOTAGES[name]()
    Application(options.dsn, options.port, options.positions).run()


main()
