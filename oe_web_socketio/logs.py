"""The log: on standard error, as Odoo writes it or as lines of JSON."""

from __future__ import annotations

import logging
import logging.handlers

_OURS = ("odoo", "oe_web_socketio", "pgsocketio")


def prepare_json(logfile: str | None) -> None:
    """Have every line be a JSON object; before Odoo sets up its logging, which it then leaves.

    :param logfile: opened anew when it was moved away; None: standard error.
    """
    from odoo import netsvc
    from pythonjsonlogger.json import JsonFormatter

    logging.setLogRecordFactory(netsvc.LogRecord)  # by this Odoo sees that it was set up
    logging.captureWarnings(True)
    handler: logging.Handler = logging.StreamHandler()
    if logfile:
        handler = logging.handlers.WatchedFileHandler(logfile)
    names = {"levelname": "level", "name": "logger", "dbname": "database", "process": "pid"}
    fields = " ".join(f"%({name})s" for name in (*names, "message"))
    handler.setFormatter(
        JsonFormatter(fields, rename_fields=names, timestamp="time", json_ensure_ascii=False)
    )
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)


def set_level(level: str) -> None:
    """Log from a level on.

    :param level: one of the option's.
    """
    number = getattr(logging, level.upper())  # not by name: Odoo has a level 25 of the name INFO
    for name in _OURS:
        logging.getLogger(name).setLevel(number)
    logging.getLogger("odoo.sql_db").setLevel(logging.INFO)  # its debug lines are whole queries


def reopen() -> None:
    """Open a log file anew that was moved away."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.handlers.WatchedFileHandler):
            handler.reopenIfNeeded()
