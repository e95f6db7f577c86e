"""Metrics that only the server beside Odoo has. docs/operations lists them from here."""

from __future__ import annotations

from pgsocketio.monitor import Metric

METRICS = (
    Metric("cursors_in_use", "gauge", "database cursors that handlers have open",
           lambda process: [((name,), database.cursors.in_use)
                            for name, database in process.server.databases.items()],
           ("database",)),
    Metric("cursors_limit", "gauge", "most database cursors that handlers may have open",
           lambda process: [((name,), database.cursors.limit)
                            for name, database in process.server.databases.items()],
           ("database",)),
    Metric("restart_needed", "gauge", "1 when Python changed on disk after it was loaded",
           lambda process: [((), bool(process.code.stale))]),
)  # fmt: skip
"""Read of a :class:`oe_web_socketio.serve.Process`."""
