"""Follow what is published, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from pgsocketio.message import Message
from pgsocketio.tail import Tail

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_INTERNAL = "web_socketio:"
_WIDTH = 400  # characters of the values that a line shows


def _since(text: str) -> datetime:
    """A date, or how long ago."""
    ago = re.fullmatch(r"(\d+)([smhd])", text)
    try:
        if ago is not None:
            return datetime.now(timezone.utc) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        date = datetime.fromisoformat(text)
        return date if date.tzinfo else date.astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a time ago (30s, 10m, 2h, 1d) nor a date (2026-01-31 12:00)"
        ) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("channel", nargs="?", help="only this channel; by default all of them")
    parser.add_argument(
        "--since", type=_since, metavar="TIME",
        help="begin with what was published since then and is still kept: 30s, 10m, 2h, 1d ago, or "
        "a date such as '2026-01-31 12:00'",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def _line(message: Message, as_json: bool) -> str:
    if as_json:
        return json.dumps({**message}, default=dict, ensure_ascii=False)
    values = json.dumps(message["values"], default=dict, ensure_ascii=False)
    if len(values) > _WIDTH:
        values = f"{values[:_WIDTH]}… ({len(values)} characters)"
    number = "volatile" if message["id"] is None else f"#{message['id']}"
    uid = "" if message["uid"] is None else f" uid={message['uid']}"
    channel = message["channel"] if message["channel"].isprintable() else ascii(message["channel"])
    return f"{message['date'][:23]}Z {number:<9} {channel}{uid} {values}"


def run(connection: Any, arguments: argparse.Namespace) -> int:
    tail, channel = Tail(connection), arguments.channel

    def show(messages: Iterable[Message]) -> None:
        for message in messages:
            name = message["channel"]
            if name == channel or (channel is None and not name.startswith(_INTERNAL)):
                print(_line(message, arguments.json), flush=True)

    try:
        if arguments.since:
            show(tail.since(arguments.since))
        while True:
            show(tail.follow())
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # whoever read this has seen enough: 'tail | head'
        sys.stderr.close()
        return 0
