"""What ``make bench`` leaves in docs: a table, a plot, and JSON with all numbers and versions."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.programs import NODE
from tools.console import say
from tools.paths import ROOT
from tools.postgres import Postgres
from tools.programs import node_bin

FOLDER = ROOT / "docs" / "performance"
PLOT = ROOT / "docs" / "images" / "performance.svg"
LABELS = {"c": "C, send(2)", "ours": "oe.web.socketio", "node": "socket.io (Node.js)",
          "python-socketio": "python-socketio (gevent)", "odoo-bus": "Odoo 19's bus"}  # fmt: skip


def write(results: dict[str, Any], postgres: Postgres) -> None:
    """Write all three."""
    FOLDER.mkdir(exist_ok=True)
    results = {"versions": versions(postgres), **results}
    (FOLDER / "figures.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(table(results)) + "\n"
    (FOLDER / "figures.md").write_text(text, encoding="utf-8")
    plot(results["sizes"])
    say(text)


def versions(postgres: Postgres) -> dict[str, str]:
    """Of everything that was measured."""
    lock = json.loads((NODE / "package-lock.json").read_text(encoding="utf-8"))
    node = subprocess.check_output([str(node_bin() / "node"), "--version"], text=True).strip()
    names = ("gevent", "httptools", "websockets", "python-socketio", "python-engineio")
    return {
        "processor": _processor(),
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "PostgreSQL": postgres.psql("SHOW server_version"),
        "Node.js": node,
        "socket.io": lock["packages"]["node_modules/socket.io"]["version"],
        **{name: version(name) for name in names},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((li.partition(": ")[2] for li in lines if li.startswith("model name")), "unknown")


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """The median, and between what."""
    shown = [format(value, form) for value in (statistics.median(values), min(values), max(values))]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def table(results: dict[str, Any]) -> list[str]:
    """Two Markdown tables: the servers side by side, and the rest."""
    rows = results["broadcast"]
    lines = [
        f"{results['clients']:,} clients | deliveries per second of CPU | of the C loop | "
        "memory per idle client",
        "--- | ---: | ---: | ---:",
    ]
    for name, label in LABELS.items():
        rates = rows.get(name)
        if rates is None:
            lines.append(f"{label} | does not deliver to so many | | ")
            continue
        ratio = [a / b for a, b in zip(rates, rows["c"])]
        kilobytes = results["memory"][name] / 1024
        lines.append(f"{label} | {spread(rates)} | {spread(ratio, '.3f')} | {kilobytes:.1f} KB")
    return [*lines, "", "figure | measured | at least", "--- | ---: | ---:", *_figures(results)]


def _figures(results: dict[str, Any]) -> list[str]:
    rows, loop, hands = results["broadcast"], results["loop"], results["handshakes"]
    vs_c = [a / b for a, b in zip(rows["ours"], rows["c"])]
    vs_node = [a / b for a, b in zip(rows["ours"], rows["node"])]
    handshakes = [a / b for a, b in zip(hands["ours"], hands["node"])]
    looped = [a / b for a, b in zip(loop["/loop"], loop["/bench"])]
    in_odoo = results["memory"]["ours-in-odoo"] / 1024
    fairness = results["fairness"]
    lines = [
        f"broadcast against the C loop | {spread(vs_c, '.2f')} | 0.50",
        f"broadcast against Node.js | {spread(vs_node, '.2f')} | 1.5",
        f"memory per idle client | {results['memory']['ours'] / 1024:.1f} KB | 8 KB at most",
        f"the same in Odoo, each with a session of its own | {in_odoo:.1f} KB | 8 KB at most",
        f"idle, default pings | {results['idle']:.2f} % of a core | 1 % at most",
        "the same in Odoo, each session looked at for its revocation | "
        f"{results['idle_in_odoo']:.2f} % of a core | 1.5 % at most",
        f"handshakes per second | {spread(hands['ours'])} | ",
        f"handshakes against Node.js | {spread(handshakes, '.2f')} | 1.0",
        f"blocking loop against the direct path | {spread(looped, '.2f')} | 0.3",
        f"another client's event to ack while broadcasting, p99 | {fairness['p99']:.1f} ms | "
        "15 ms at most",
    ]
    for name, bar in (("volatile", "8,000/s, 50 ms"), ("durable", "3,000/s")):
        one = results[name]
        lines.append(
            f"targeted, {name}: rate, p99, lost, CPU | {one['rate']:,.0f}/s, {one['p99']:.1f} ms, "
            f"{one['lost']}, {one['cpu']:.0f} % | {bar}"
        )
    bars = {"c": "0.2 ms", "volatile": "0.6 ms at most", "durable": "1.0 ms at most"}
    for name, bar in bars.items():
        one = results[f"latency_{name}"]
        lines.append(
            f"targeted at 200/s, {name}: p50 (p99) from COMMIT | {one['p50']:.2f} "
            f"({one['p99']:.2f}) ms | {bar}"
        )
    return lines


def plot(sizes: Sequence[dict[str, Any]]) -> None:
    """Cost of a delivery and memory, against the number of clients."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator, NullFormatter

    figure, (cost, memory) = pyplot.subplots(1, 2, figsize=(9, 4))
    for number, (name, label) in enumerate(LABELS.items()):
        rows = [row for row in sizes if row.get(name) is not None]
        numbers, style = [row["size"] for row in rows], {"color": f"C{number}", "marker": "o"}
        microseconds = [1e6 / row[name]["broadcast"] for row in rows]
        cost.plot(numbers, microseconds, label=label, **style)
        if name != "c":  # it keeps nothing
            memory.plot(numbers, [row[name]["memory"] / 1024 for row in rows], **style)
    cost.set_title("Broadcast: microseconds of CPU per delivery")
    memory.set_title("KB of memory per idle client")
    for axes in (cost, memory):
        axes.set(xscale="log", yscale="log", xlabel="clients")
        axes.grid(True, which="both", alpha=0.2)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _position: f"{value:,g}")
            axis.set_minor_formatter(NullFormatter())
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.legend(loc="lower center", ncols=len(LABELS), fontsize="small", frameon=False)
    PLOT.parent.mkdir(exist_ok=True)
    figure.savefig(PLOT, metadata={"Date": None})
