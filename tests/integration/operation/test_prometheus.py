"""A real Prometheus asks a real server what dashboard and alerts want to know."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.clients import Client, eventually
from tests.integration.operation.watched import START, Watched
from tests.support.servers import Prometheus
from tests.unit.test_dashboard import DASHBOARD, DOCS
from tools.paths import ROOT
from tools.programs import prometheus as programs

CHOSEN = {"$__rate_interval": "60s", "$instance": ".*", "$database": ".*", "$namespace": ".*"}
SELDOM = ("requests_refused", "limits_crossed", "connections_closed")  # nothing until it happens


@pytest.fixture(scope="module")
def prometheus(
    server: Watched, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """With the configuration of the documentation, but for address and interval."""
    folder = tmp_path_factory.mktemp("prometheus")
    text = (DOCS / "conf" / "prometheus.yml").read_text("utf-8")
    text = text.replace("127.0.0.1:8070", server.pages.removeprefix("http://"))
    (folder / "prometheus.yml").write_text(text.replace("15s", "1s"), "utf-8")
    shutil.copy(DOCS / "conf" / "alerts.yml", folder)
    with Prometheus(folder) as running:
        yield running


def series(prometheus: Prometheus, query: str) -> list[Any]:
    """What a query finds now."""
    for variable, value in CHOSEN.items():
        query = query.replace(variable, value)
    found = prometheus.ask("query", query=query)["result"]
    assert isinstance(found, list)
    return found


def test_every_panel_of_the_dashboard_shows_something(
    prometheus: Prometheus, client: Client
) -> None:
    client.call("echo", 1)
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"]
            if not any(name in query for name in SELDOM):  # a rate needs two looks
                assert eventually(lambda query=query: series(prometheus, query), START), query


def test_every_alert_is_evaluated(prometheus: Prometheus) -> None:
    def rules() -> list[Any]:
        (group,) = prometheus.ask("rules")["groups"]
        return list(group["rules"])

    assert eventually(lambda: {rule["health"] for rule in rules()} == {"ok"}, START)
    quiet = {rule["name"] for rule in rules() if rule["state"] == "inactive"}
    assert {"RealtimeServerDown", "RealtimeDatabaseNotDelivered", "RealtimeServerError"} <= quiet


def test_alerts_fire_when_they_should() -> None:
    command = [str(programs() / "promtool"), "test", "rules", "alerts_test.yml"]
    folder = ROOT / "tests" / "integration" / "operation"
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
