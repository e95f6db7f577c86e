"""Show or change the settings of the message log; servers need no restart."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pgsocketio import remote


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--retention", metavar="INTERVAL", help="how long messages are kept for "
                        "clients that come back, such as '24 hours'")  # fmt: skip
    parser.add_argument("--max-size", metavar="BYTES", type=int, help="of the log; above it the "
                        "oldest messages go before their time")  # fmt: skip
    parser.add_argument("--max-sockets", metavar="NUMBER", type=int, help="most clients that a "
                        "server lists; others are counted")  # fmt: skip


def run(connection: Any, arguments: argparse.Namespace) -> int:
    names = ("retention", "max_size", "max_sockets")
    given = {name: getattr(arguments, name) for name in names}
    settings = {name: value for name, value in given.items() if value is not None}
    with connection.cursor() as cursor:
        remote.need_nodes(cursor)
        cursor.execute("SELECT web_socketio_configure(%s::jsonb)", [json.dumps(settings)])
        current = cursor.fetchone()[0]
    for name in names:
        print(f"{name} = {current[name]}")
    return 0
