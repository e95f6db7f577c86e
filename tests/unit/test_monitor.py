"""The pages for those who run a server: called as a WSGI server would, on a server in memory."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import parser

from pgsocketio.measure import Histogram
from pgsocketio.monitor import METRICS, Metric, MetricsCollector, Monitor, Observed, state_of
from pgsocketio.monitor.metric import MOST_LABELS
from pgsocketio.packet import EVENT, Packet
from pgsocketio.testing import ThreadRuntime

from .servers import Site


class Page:
    """An answer of the monitor."""

    def __init__(self, monitor: Monitor, path: str, method: str = "GET") -> None:
        environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": ""}
        self.text = b"".join(monitor(environ, self._start)).decode()

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = int(status.split()[0]), dict(headers)


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Value by name and labels."""
    families = parser.text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for f in families for s in f.samples}


def engine() -> Any:
    """As much of an engine as the metrics read."""
    from collections import Counter

    connections = {str(n): SimpleNamespace(transport="websocket") for n in range(3)}
    counters = Counter({"opened": 5, "closed:ping timeout": 2, "refused:origin": 7})
    settings = SimpleNamespace(transports=("polling", "websocket"))
    return SimpleNamespace(
        connections=connections, counters=counters, open_sockets=4, settings=settings
    )


@pytest.fixture
def site(runtime: ThreadRuntime) -> Site:
    return Site(runtime)


@pytest.fixture
def monitor(site: Site) -> Monitor:
    observed = Observed(site.server, engine(), Histogram())
    return Monitor(lambda: state_of(site.server), [MetricsCollector(METRICS, observed)])


def database(**state: Any) -> Any:
    return SimpleNamespace(state=lambda: state)


def test_it_is_alive(monitor: Monitor) -> None:
    page = Page(monitor, "/health")
    assert (page.status, page.text) == (200, "alive\n")


def test_other_pages_and_methods_are_refused_with_what_there_is(monitor: Monitor) -> None:
    assert "/ready" in Page(monitor, "/").text
    assert Page(monitor, "/").status == 404
    assert Page(monitor, "/ready", "POST").status == 405


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/<script>"])
def test_no_answer_is_kept_or_guessed_at(monitor: Monitor, path: str) -> None:
    page = Page(monitor, path)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in page.text


def test_ready_is_when_every_database_is(site: Site, monitor: Monitor) -> None:
    site.server.databases["one"] = database(ready=True, error=None)
    assert Page(monitor, "/ready").status == 200
    site.server.databases["two"] = database(ready=False, error="run 'oe -d two -u web_socketio'")
    page = Page(monitor, "/ready")
    assert page.status == 503
    assert json.loads(page.text) == {
        "ready": False, "draining": False, "restart": [],
        "databases": {
            "one": {"ready": True, "error": None},
            "two": {"ready": False, "error": "run 'oe -d two -u web_socketio'"},
        },
    }  # fmt: skip
    assert page.headers["Cache-Control"] == "no-store"


def test_who_is_about_to_end_is_not_ready(site: Site, monitor: Monitor) -> None:
    site.server.databases["one"] = database(ready=True, error=None)
    site.server.draining = True
    assert Page(monitor, "/ready").status == 503


def test_a_restart_that_is_due_does_not_make_it_unready(site: Site) -> None:
    site.server.databases["one"] = database(ready=True, error=None)
    state = state_of(site.server, ["needs restart: changed Python of addon x"])
    assert state["ready"]
    assert state["restart"] == ["needs restart: changed Python of addon x"]


def test_what_was_counted_is_shown(site: Site, monitor: Monitor) -> None:
    client = site.client()
    site.connect(client)
    site.say(client, Packet(EVENT, "/", ["echo", 1], 1), Packet(EVENT, "/", ["note", 2]))
    site.server.counters["too_many_events"] += 1
    found = samples(Page(monitor, "/metrics").text)
    here = frozenset({("database", ""), ("namespace", "/")})
    assert found["pgsocketio_clients", here] == 1
    assert found["pgsocketio_events_received_total", here] == 2
    assert found["pgsocketio_connects_total", frozenset()] == 1
    assert found["pgsocketio_connections", frozenset({("transport", "websocket")})] == 3
    assert found["pgsocketio_connections", frozenset({("transport", "polling")})] == 0
    reason = frozenset({("reason", "ping timeout")})
    assert found["pgsocketio_connections_closed_total", reason] == 2
    limit = frozenset({("limit", "too_many_events")})
    assert found["pgsocketio_limits_crossed_total", limit] == 1
    assert found["process_open_fds", frozenset()] > 0


def test_every_metric_can_be_read_and_has_a_name_of_its_own(monitor: Monitor) -> None:
    text = Page(monitor, "/metrics").text
    for metric in METRICS:
        assert f"# TYPE {metric.full_name} {metric.kind}" in text
    assert len({metric.full_name for metric in METRICS}) == len(METRICS)


def test_a_histogram_adds_its_buckets_up() -> None:
    times = Histogram((0.1, 1.0))
    for value in (0.1, 0.5, 2.0, 0.05):
        times.observe(value)
    metric = Metric("seconds", "histogram", "times", lambda _observed: [((), times)])
    monitor = Monitor(dict, [MetricsCollector([metric], None)])
    found = samples(Page(monitor, "/metrics").text)
    buckets = {
        dict(labels)["le"]: value
        for (name, labels), value in found.items()
        if name == "pgsocketio_seconds_bucket"
    }
    assert buckets == {"0.1": 2, "1.0": 3, "+Inf": 4}
    assert found["pgsocketio_seconds_sum", frozenset()] == pytest.approx(2.65)


def test_labels_are_bounded() -> None:
    many = [((f"reason {n}",), 1) for n in range(MOST_LABELS + 50)]
    metric = Metric("closed", "counter", "closed", lambda _observed: many, ("reason",))
    monitor = Monitor(dict, [MetricsCollector([metric], None)])
    found = samples(Page(monitor, "/metrics").text)
    values = [value for (name, _labels), value in found.items() if name.startswith("pgsocketio_cl")]
    assert len(values) == MOST_LABELS + 1
    assert sum(values) == MOST_LABELS + 50
