"""Publish a message; its id is printed."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from pgsocketio.errors import ConfigError
from pgsocketio.log import schema
from pgsocketio.log.publisher import publish


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("channel", help="name of the channel, 1 to 255 bytes")
    parser.add_argument("values", metavar="JSON", help="a JSON object; - reads it from the input")
    parser.add_argument(
        "--volatile", action="store_true", help="at most once, and not kept: it has no id"
    )


def _values(text: str) -> dict[str, Any]:
    try:
        values = json.loads(sys.stdin.read() if text == "-" else text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the values are no JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError('the values are a JSON object, such as \'{"to_id": 2}\'')
    return values


def run(connection: Any, arguments: argparse.Namespace) -> int:
    if arguments.channel.startswith("web_socketio:"):
        raise ConfigError("channels that begin with web_socketio: belong to the servers")
    values = _values(arguments.values)
    with connection.cursor() as cursor:
        schema.check(cursor)
        number = publish(cursor, arguments.channel, values, durable=not arguments.volatile)
    print("published" if number is None else number)
    return 0
