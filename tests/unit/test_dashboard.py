"""Grafana's dashboard and Prometheus' alerts ask for metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oe_web_socketio import metrics
from pgsocketio.monitor import METRICS

DOCS = Path(__file__).parents[2] / "docs"
DASHBOARD = json.loads((DOCS / "grafana" / "oe_web_socketio.json").read_text("utf-8"))
ALERTS = (DOCS / "conf" / "alerts.yml").read_text("utf-8")
COMMON = {"instance", "job"}
OTHERS = {  # of prometheus_client, and Prometheus' own
    "up", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
    "process_max_fds",
}  # fmt: skip


def series() -> dict[str, set[str]]:
    """The labels of each series by its name."""
    found = dict.fromkeys(OTHERS, COMMON)
    for metric in (*METRICS, *metrics.METRICS):
        labels = {*metric.labels, *COMMON}
        if metric.kind == "histogram":
            found |= {f"{metric.full_name}_{end}": labels for end in ("count", "sum")}
            found[f"{metric.full_name}_bucket"] = {*labels, "le"}
        else:
            found[metric.full_name] = labels
    return found


SERIES = series()
_NAME = re.compile(r"\b(pgsocketio_\w+|process_\w+|up)\b(?:\{([^}]*)\})?")


def panels() -> Iterator[dict[str, Any]]:
    return (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


def queries() -> list[str]:
    """Of panels, variables and alerts."""
    found = [target["expr"] for panel in panels() for target in panel["targets"]]
    variables = (one.get("definition", "") for one in DASHBOARD["templating"]["list"])
    found += [re.sub(r"label_values\((.*), *(\w+)\)", r"sum by (\2) (\1)", one)
              for one in variables if one]  # fmt: skip
    folded = re.sub(r"expr: >\n +(.*)\n +(.*)", r"expr: \1 \2", ALERTS)
    return found + re.findall(r"expr: (.*)", folded)


@pytest.mark.parametrize("query", queries())
def test_a_query_asks_for_what_there_is(query: str) -> None:
    asked = _NAME.findall(query)
    assert asked
    labels: set[str] = set()
    for name, selector in asked:
        assert name in SERIES
        assert set(re.findall(r"(\w+)=", selector)) <= SERIES[name]
        labels |= SERIES[name]
    for group in re.findall(r"(?:by|on) \(([\w, ]*)\)", query):
        assert set(group.split(", ")) <= labels


def test_every_metric_is_on_the_dashboard() -> None:
    text = " ".join(queries())
    missing = [metric.full_name for metric in (*METRICS, *metrics.METRICS)
               if metric.full_name not in text]  # fmt: skip
    assert missing == []


def test_panels_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not taken & cells
        taken |= cells


def test_panels_say_what_they_show() -> None:
    for panel in panels():
        assert panel["description"].endswith(".")
        assert all(target["legendFormat"] for target in panel["targets"])
