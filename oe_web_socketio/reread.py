"""Options that a running server takes up on SIGHUP."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from oe_web_socketio import logs
from pgsocketio.engine import Engine
from pgsocketio.lifecycle import engine_settings
from pgsocketio.server import Server

logger = logging.getLogger("oe_web_socketio")

RENEWED = ("allow_origin", "trusted_proxy", "events_per_second", "event_burst", "log_level")
"""The others need a restart."""


def renew(
    server: Server, engine: Engine, old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Take up the options that may change, and open a log file anew that was moved away.

    :returns: the values that hold from now on.
    :raises ConfigError: for a wrong value; then nothing changed.
    """
    engine.renew(engine_settings(new))
    server.settings = replace(
        server.settings,
        events_per_second=new["events_per_second"],
        event_burst=new["event_burst"],
    )
    logs.set_level(new["log_level"])
    logs.reopen()
    changed = [name for name in old if new[name] != old[name]]
    for name in changed:
        if name not in RENEWED:
            logger.warning("%s changes with a restart only", name)
    taken = [name for name in changed if name in RENEWED]
    logger.info("options read again; changed: %s", ", ".join(taken) or "none")
    return {**old, **{name: new[name] for name in taken}}
