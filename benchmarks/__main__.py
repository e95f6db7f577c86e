"""All figures: ``python -m benchmarks``; a few of them in under a minute: ``--quick``."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import figures, odoo, report, servers
from benchmarks.load import LoadFailed
from tools.console import main, say, step
from tools.postgres import Postgres

CLIENTS = 5_000
LOOPS = 1_000  # clients of the blocking loop
PINGED = 26.0  # seconds, in which each client is pinged once with the default interval
SIZES = (100, 300, 1_000, 3_000, 10_000)
SLOW_SIZE = 1_000  # more clients of Odoo's bus would take minutes
Rows = dict[str, list[float]]
Maker = Callable[[], servers.Server]


def interleaved(measures: dict[str, Callable[[], float]], rounds: int) -> Rows:
    """Measure one after the other, several times: what disturbs the machine disturbs all.

    A server that fails is left out.
    """
    rows: Rows = {name: [] for name in measures}
    for _ in range(rounds):
        for name in list(rows):
            try:
                rows[name].append(measures[name]())
            except LoadFailed as error:
                say(f"   {name} fails: {error}")
                del rows[name]
    return rows


def ratios(rows: Rows, one: str, other: str) -> list[float]:
    """Of each round."""
    return [a / b for a, b in zip(rows[one], rows[other])]


def quick(postgres: Postgres) -> None:
    """The figures that change first, in under a minute."""
    with ExitStack() as stack:
        ours = servers.Ours(postgres)
        stack.callback(ours.close)
        memory = figures.memory(ours, CLIENTS)
        limit, node = servers.Limit(postgres), servers.node()
        stack.callback(limit.close)
        stack.callback(node.close)
        for server in (limit, node):
            server.load.open(CLIENTS)
            figures.broadcast(server, 10)
        time.sleep(figures.LISTED)
        cpu, started = ours.cpu(), time.monotonic()
        c_latency = figures.targeted(limit, 200, 2.0, batch=1)
        time.sleep(max(0.0, started + PINGED - time.monotonic()))
        idle = (ours.cpu() - cpu) / (time.monotonic() - started) * 100
        rows = _broadcasts([limit, ours, node], rounds=3)
        ours.enter("/targeted", CLIENTS)
        latency = figures.targeted(ours, 200, 3.0, batch=1)
    say(f"targeted p50 of the C row: {c_latency.p50:.3f} ms")
    say(
        f"fanout_vs_c={statistics.median(ratios(rows, 'ours', 'c')):.2f} "
        f"fanout_vs_node={statistics.median(ratios(rows, 'ours', 'node')):.2f} "
        f"kb_per_client={memory / 1024:.1f} idle_cpu_pct={idle:.2f} "
        f"targeted_p50_ms={latency.p50:.3f}"
    )


def _broadcasts(running: Iterable[servers.Server], rounds: int, times: int = 1) -> Rows:
    """Rounds of broadcasts, after one that does not count.

    :param times: about how many broadcasts make a round.
    """
    several = {s: max(1, times // 20) if s.slow else max(5, times) for s in running}
    for server, count in several.items():
        if not server.slow:
            figures.broadcast(server, count)
    return interleaved(
        {s.name: (lambda s=s, n=count: figures.broadcast(s, n)) for s, count in several.items()},
        rounds,
    )


def full(postgres: Postgres, folder: Path) -> dict[str, Any]:
    """All figures, as they go into the report."""
    results: dict[str, Any] = {"clients": CLIENTS}
    with step("Odoo, and sessions in it"):
        site = odoo.Site(postgres, folder / "odoo", CLIENTS)
    makers: dict[str, Maker] = {
        "c": lambda: servers.Limit(postgres), "ours": lambda: servers.Ours(postgres),
        "node": servers.node, "python-socketio": servers.stock, "odoo-bus": lambda: odoo.Bus(site),
    }  # fmt: skip
    with step("broadcasts, memory, handshakes"), ExitStack() as stack:
        results |= _side_by_side(makers, stack)
    with step("targeted messages and the blocking loop"), ExitStack() as stack:
        results |= _targeted(postgres, stack)
    with step(f"{CLIENTS:,} sessions of Odoo"), ExitStack() as stack:
        in_odoo = odoo.Realtime(site)
        stack.callback(in_odoo.close)
        results["memory"]["ours-in-odoo"] = figures.memory(in_odoo, CLIENTS)
        results["idle_in_odoo"] = figures.idle(in_odoo, PINGED)
    results["sizes"] = []
    for size in SIZES:
        if size > SLOW_SIZE:
            makers.pop("odoo-bus", None)
        with step(f"{size:,} clients"):
            results["sizes"].append(_of_size(makers, size))
    return results


def _side_by_side(makers: dict[str, Maker], stack: ExitStack) -> dict[str, Any]:
    """All servers at once with many clients."""
    filled = _filled(makers, CLIENTS, stack)
    running = {name: server for name, (server, _memory) in filled.items()}
    ours, node = running["ours"], running["node"]
    both = {s.name: (lambda s=s: figures.handshakes(s, 3_000)[0]) for s in (ours, node)}
    return {
        "memory": {name: memory for name, (_server, memory) in filled.items()},
        "idle": figures.idle(ours, PINGED),
        "broadcast": _broadcasts(running.values(), rounds=3),
        "generator": {n: figures.generator_share(s, 5) for n, s in running.items() if not s.slow},
        "fairness": figures.fairness(ours, 100)._asdict(),
        "handshakes": interleaved(both, 3),
    }


def _filled(
    makers: dict[str, Maker], clients: int, stack: ExitStack
) -> dict[str, tuple[servers.Server, float]]:
    """Servers with clients that were delivered a broadcast, and what a client takes of each.

    One that fails under them is left out.
    """
    filled = {}
    for name, make in makers.items():
        server = make()
        try:
            memory = figures.memory(server, clients)
            figures.broadcast(server, 1)
        except LoadFailed as error:
            say(f"   {name} fails with {clients:,} clients: {error}")
            server.close()  # or it would go on, and disturb the others
        else:
            stack.callback(server.close)
            filled[name] = (server, memory)
    return filled


def _targeted(postgres: Postgres, stack: ExitStack) -> dict[str, Any]:
    """Messages for one client each, and the loop of 2013 beside the direct path."""
    limit, ours = servers.Limit(postgres), servers.Ours(postgres)
    stack.callback(limit.close)
    stack.callback(ours.close)
    limit.load.open(CLIENTS)
    ours.enter("/targeted", CLIENTS)
    results = {
        "volatile": figures.targeted(ours, 8_100, 5, batch=81),
        "durable": figures.targeted(ours, 3_050, 5, batch=100, durable=True),
        "latency_c": figures.targeted(limit, 200, 5, batch=1),
        "latency_volatile": figures.targeted(ours, 200, 5, batch=1),
        "latency_durable": figures.targeted(ours, 200, 5, batch=1, durable=True),
    }
    loops: Rows = {"/bench": [], "/loop": [], "/acknowledged": []}
    for namespace in [*loops] * 5:
        ours.enter(namespace, LOOPS)
        figures.broadcast(ours, 5)
        loops[namespace].append(figures.broadcast(ours, 10))
    return {**{name: one._asdict() for name, one in results.items()}, "loop": loops}


def _of_size(makers: dict[str, Maker], size: int) -> dict[str, Any]:
    """Memory and broadcasts with some number of clients; None: the server failed under them."""
    with ExitStack() as stack:
        filled = _filled(makers, size, stack)
        rates = _broadcasts([server for server, _memory in filled.values()], 3, 10_000 // size)
        row: dict[str, Any] = {"size": size, **dict.fromkeys(makers)}
        for name in rates:
            memory = filled[name][1]
            row[name] = {"memory": memory, "broadcast": statistics.median(rates[name])}
        return row


def run() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder, servers.database(Path(folder)) as postgres:
        if "--quick" in sys.argv[1:]:
            quick(postgres)
        else:
            report.write(full(postgres, Path(folder)), postgres)


if __name__ == "__main__":
    main(run)
