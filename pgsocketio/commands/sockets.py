"""List the connected clients of all servers of a database, as of a few seconds ago."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from pgsocketio import remote

_COLUMNS = ("sid", "user", "namespace", "address", "since", "queue", "unsent", "server")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _shown(row: dict[str, Any]) -> list[str]:
    row = {
        **row, "since": f"{row['since']:%Y-%m-%d %H:%M:%S}", "server": f"{row['host']}:{row['pid']}"
    }  # fmt: skip
    return ["-" if row[name] is None else str(row[name]) for name in _COLUMNS]


def run(connection: Any, arguments: argparse.Namespace) -> int:
    with connection.cursor() as cursor:
        rows, count = remote.sockets(cursor)
    if arguments.json:
        for row in rows:
            print(json.dumps({**row, "since": row["since"].isoformat()}))
    else:
        print(_table([_COLUMNS, *map(_shown, rows)]))
    if count > len(rows):
        print(
            f"{len(rows)} of about {count} clients are listed; 'configure --max-sockets' has them "
            "listed", file=sys.stderr,
        )  # fmt: skip
    return 0
