"""A server process for the tests: ``python -m tests.chaos.server --help``."""

from __future__ import annotations

import argparse
import logging
import sys

from oe_web_socketio.boot import patch


def main() -> None:
    """Patch first, then everything else."""
    patch()
    from pgsocketio.listener import ListenerSettings
    from tests.chaos.application import Application
    from tests.chaos.sabotage import SABOTAGES

    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("dsn")
    parser.add_argument("port", type=int)
    parser.add_argument("--without", action="append", default=[], choices=SABOTAGES)
    parser.add_argument("--positions", type=float, default=2.0, help="seconds between them")
    parser.add_argument("--poll", type=float, default=5.0, help="seconds between reads")
    parser.add_argument("--silence", type=float, default=15.0, help="seconds until half-open")
    options = parser.parse_args()
    for name in options.without:
        SABOTAGES[name]()
    listener = ListenerSettings(poll=options.poll, silence=options.silence)
    Application(options.dsn, options.port, options.positions, listener).run()


main()
