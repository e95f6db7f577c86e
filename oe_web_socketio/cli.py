"""``oe_web_socketio -d mydb``, the same as ``python server.py -d mydb``: serves.

With a word first it is a command instead: ``oe_web_socketio scaffold my_addon``.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from oe_web_socketio import commands
from oe_web_socketio.options import OPTIONS
from oe_web_socketio.versions import as_text, versions
from pgsocketio.errors import ConfigError

logger = logging.getLogger("oe_web_socketio")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server, or the command that the first word names; ends the process."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv and not argv[0].startswith("-"):
            sys.exit(commands.run(argv[0], argv[1:]))
        sys.exit(_serve(lambda: OPTIONS.parse(with_default_conf(argv))))
    except ConfigError as error:
        sys.exit(f"oe_web_socketio: {error}")


def with_default_conf(argv: Sequence[str]) -> list[str]:
    """Read the conf file that Odoo would read, when none is named."""
    named = any(word in ("-c", "--config") or word.startswith("--config=") for word in argv)
    default = Path(os.environ.get("ODOO_RC") or "~/.odoorc").expanduser()
    if named or os.environ.get("OE_WEB_SOCKETIO_CONFIG") or not default.exists():
        return list(argv)
    return [f"--config={default}", *argv]


def _serve(read: Callable[[], dict[str, Any]]) -> int:
    from oe_web_socketio import boot

    values = read()
    boot.patch()
    boot.boot(values)
    from odoo.tools import config

    from oe_web_socketio.serve import START_AGAIN, Process

    names = list(dict.fromkeys(values["database"] or config["db_name"] or ()))
    if not names:
        raise ConfigError("no database: name it with -d, or as db_name in the conf file")
    logger.info(as_text(versions()))
    status = Process(values, names, read).run()
    if status == START_AGAIN:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return status
