"""docs/operations lists every metric as the code declares it."""

from __future__ import annotations

import re
from pathlib import Path

from oe_web_socketio import metrics
from pgsocketio.monitor import METRICS

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


def test_every_metric_is_in_the_table_and_no_other() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `pgsoc")]
    wanted = []
    for metric in (*METRICS, *metrics.METRICS):
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        wanted.append(f"| `{metric.full_name}` | {metric.kind} | {labels} | {metric.help} |")
    assert rows == wanted


def test_every_alert_is_explained_and_no_other() -> None:
    alerts = (PAGE.parent / "conf" / "alerts.yml").read_text("utf-8")
    wanted = re.findall(r"- alert: (\w+)", alerts)
    assert re.findall(r"^\| `(Realtime\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE) == wanted
