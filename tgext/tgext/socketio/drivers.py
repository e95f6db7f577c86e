"""Database drivers: those that give way while they wait, and those that hold up every client."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

logger = logging.getLogger("tgext.socketio")

_BLOCKING = ("cx_oracle", "mysqldb", "oracledb", "psycopg2cffi", "pyodbc")
"""Drivers that wait in C. Those in Python give way, and sqlite waits for the disk only."""


def let_psycopg2_give_way() -> None:
    """It waits in C, but asks to be told how; nothing where it is not installed."""
    try:
        from pgsocketio.green_postgres import patch_psycopg2
    except ImportError:
        return
    patch_psycopg2()


def warn_of_blocking(config: Mapping[str, Any]) -> None:
    """Say so when the waiting of an application's database driver holds up every client.

    :param config: of the application.
    """
    engine = getattr(config.get("tg.app_globals"), "sa_engine", None)
    driver = getattr(getattr(engine, "dialect", None), "driver", None)
    if driver in _BLOCKING or (driver == "psycopg2" and not _gives_way()):
        logger.warning(
            "the database driver %s holds up every client while it waits for the database; %s",
            driver, _ADVICE.get(driver, "take one that works with gevent (psycopg2, PyMySQL)"),
        )  # fmt: skip


_ADVICE = {"psycopg2": "serve with 'use = egg:tgext.socketio#socketio', and it gives way"}


def _gives_way() -> bool:
    from psycopg2.extensions import get_wait_callback

    return get_wait_callback() is not None
