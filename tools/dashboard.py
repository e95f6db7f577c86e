"""``make dashboard``: docs/images/dashboard.png, what Grafana's dashboard shows of a real run.

The demo's server is watched by a real Prometheus while pages chat, come and go. Each query of
docs/grafana/oe_web_socketio.json is then put to Prometheus, and its answer drawn at the panel's
place. Grafana itself is packaged by neither Debian nor PyPI nor npm.
"""

from __future__ import annotations

import asyncio
import io
import json
import math
import random
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib
import requests
import socketio
from PIL import Image

from tests.support.servers import Prometheus, odoo_login
from tools.console import main, say, step
from tools.demo import DB, running
from tools.paths import ROOT
from tools.processes import free_ports

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import EngFormatter  # noqa: E402

DASHBOARD = ROOT / "docs" / "grafana" / "oe_web_socketio.json"
PICTURE = ROOT / "docs" / "images" / "dashboard.png"
SECONDS = 120
PAGES = 60
USERS = 15
ROW = 0.36  # inches of a row of Grafana's grid
CHOSEN = {"$__rate_interval": "15s", "$instance": ".*", "$database": ".*", "$namespace": ".*"}
UNITS = {"s": "s", "bytes": "B", "Bps": "B/s", "ops": "/s", "short": ""}


def watching(monitor: str, folder: Path) -> Prometheus:
    """A Prometheus that looks every second."""
    targets = [{"targets": [monitor]}]
    jobs = [{"job_name": "oe_web_socketio", "static_configs": targets}]
    conf = {"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(json.dumps(conf), "utf-8")  # JSON is YAML
    return Prometheus(folder)


class Failed(Exception):
    """The server answered with an error."""


async def call(client: Any, event: str, data: Any = None) -> Any:
    """Send an event of the chat, and wait for its answer."""
    answer = await client.call(event, data, namespace="/chat")
    if isinstance(answer, dict) and "error" in answer:
        raise Failed(answer["error"])
    return answer


async def page(url: str, session: str, end: float) -> None:
    """One page: it comes, reads, writes now and then, and goes; again and again."""
    while time.monotonic() < end:
        client = socketio.AsyncClient(reconnection_delay=0.5, reconnection_delay_max=2)
        client.on("*", lambda *_args: None, namespace="/chat")  # returning acknowledges
        spaces = ["/longpolling", "/chat"]
        stay = time.monotonic() + random.expovariate(1 / 90)
        try:
            await client.connect(
                url, auth={"session_id": session}, namespaces=spaces, transports=["websocket"]
            )
            rooms = await call(client, "overview")
            await call(client, "join", rooms[0]["id"])
            while time.monotonic() < min(end, stay):
                busy = 1 + math.sin(time.monotonic() / 20)  # the talk comes and goes
                pause = random.expovariate(0.02 + 0.05 * busy)
                await asyncio.sleep(min(pause, max(1.0, end - time.monotonic())))
                await client.emit("typing", namespace="/chat")
                await call(client, "post", (rooms[0]["id"], "Is anybody there?"))
        except (socketio.exceptions.SocketIOError, Failed):
            await asyncio.sleep(1)
        finally:
            await client.disconnect()


async def load(url: str, sessions: list[str], end: float) -> None:
    """All pages, one after the other."""
    pages = []
    for number in range(PAGES):
        pages.append(asyncio.create_task(page(url, sessions[number % len(sessions)], end)))
        await asyncio.sleep(40 / PAGES)
    await asyncio.gather(*pages)


def users(url: str) -> list[str]:
    """Make users whose password is their login; returns the logins."""
    admin = {"session_id": odoo_login(url, DB, "admin", "admin")}
    logins = [f"colleague {number}" for number in range(USERS)]
    values = [{"login": login, "name": login, "password": login} for login in logins]

    def call(method: str, *args: Any) -> Any:
        body = {"params": {"model": "res.users", "method": method, "args": args, "kwargs": {}}}
        path = f"{url}/web/dataset/call_kw/res.users/{method}"
        return requests.post(path, json=body, cookies=admin, timeout=120).json()["result"]

    if not call("search", [["login", "in", logins]]):
        call("create", values)
    return logins


def ask(prometheus: Prometheus, query: str, start: float, end: float) -> list[Any]:
    """The series of a query over the run."""
    for variable, value in CHOSEN.items():
        query = query.replace(variable, value)
    parameters: dict[str, str | float] = {"query": query, "start": start, "end": end, "step": 2}
    return list(prometheus.ask("query_range", **parameters)["result"])


def name_of(legend: str, labels: dict[str, str]) -> str:
    """A series' name, as Grafana makes it of the legend."""
    return re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], "-"), legend)


def draw(
    panel: dict[str, Any], axes: Any, prometheus: Prometheus, start: float, end: float
) -> None:
    """One panel."""
    axes.set_title(panel["title"], loc="left", fontsize=8, fontweight="bold")
    unit = EngFormatter(UNITS[panel["fieldConfig"]["defaults"]["unit"]], places=1, sep="")
    found = [
        (name_of(target["legendFormat"], series["metric"]), series["values"])
        for target in panel["targets"]
        for series in ask(prometheus, target["expr"], start, end)
    ]
    if panel["type"] == "stat":
        axes.axis("off")
        text = "\n".join(f"{float(values[-1][1]):g} {name}" for name, values in found)
        axes.text(0.0, 0.8, text, fontsize=10, va="top")
        return
    for name, values in found:
        times = [float(moment) - start for moment, _value in values]
        axes.plot(times, [float(value) for _moment, value in values], linewidth=1, label=name)
    axes.set_xlim(0, end - start)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(unit)
    axes.tick_params(labelsize=6)
    axes.grid(alpha=0.3)
    if found:
        axes.legend(fontsize=5.5, loc="upper left", ncols=2, framealpha=0.6)


def picture(prometheus: Prometheus, start: float, end: float) -> None:
    """Draw every panel at its place."""
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    rows = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in panels)
    figure = pyplot.figure(figsize=(14, rows * ROW), dpi=100)
    for panel in panels:
        at = panel["gridPos"]
        top = 1 - at["y"] / rows
        if panel["type"] == "row":
            figure.text(0.01, top - 0.6 / rows, panel["title"], fontsize=10, color="#555")
            continue
        left, width = (at["x"] + 0.9) / 24, (at["w"] - 1.2) / 24
        height = (at["h"] - 2.2) / rows
        axes = figure.add_axes((left, top - 1.2 / rows - height, width, height))
        draw(panel, axes, prometheus, start, end)
    drawn = io.BytesIO()
    figure.savefig(drawn)
    image = Image.open(drawn).convert("RGB")
    image.quantize(64, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


def take() -> None:
    """Run everything, and draw it."""
    port, realtime = free_ports(2)
    with (
        running(port, realtime, name="dashboard"),
        tempfile.TemporaryDirectory() as folder,
        watching(f"127.0.0.1:{realtime + 2}", Path(folder)) as prometheus,
    ):
        url = f"http://127.0.0.1:{port}"
        sessions = [odoo_login(url, DB, login, login) for login in users(url)]
        start = time.time()
        with step(f"{PAGES} pages for {SECONDS} seconds"):
            end = time.monotonic() + SECONDS
            asyncio.run(load(f"http://127.0.0.1:{realtime}", sessions, end))
        with step("drawing"):
            picture(prometheus, start, time.time())
    say(f"-- {PICTURE}")


if __name__ == "__main__":
    main(take)
