"""All figures: ``python -m benchmarks``; a few of them in under a minute: ``--quick``."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import figures, report, servers
from benchmarks.load import LoadFailed
from tools.console import main, say, step
from tools.postgres import Postgres

CLIENTS = 5_000
LOOPS = 1_000  # clients of the blocking loop
PINGED = 26.0  # seconds, in which each client is pinged once with the default interval
SIZES = (100, 300, 1_000, 3_000, 10_000)
Rows = dict[str, list[float]]


def interleaved(measures: dict[str, Callable[[], float]], rounds: int) -> Rows:
    """Measure one after the other, several times: what disturbs the machine disturbs all."""
    rows: Rows = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            rows[name].append(measure())
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
        cpu, started = ours.cpu(), time.monotonic()
        limit, node = servers.Limit(postgres), servers.node()
        stack.callback(limit.close)
        stack.callback(node.close)
        for server in (limit, node):
            server.load.open(CLIENTS)
            figures.broadcast(server, 10)
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


def _broadcasts(running: list[servers.Server], rounds: int) -> Rows:
    """Rounds of broadcasts, after one that does not count."""
    for server in running:
        figures.broadcast(server, 5)
    return interleaved(
        {server.name: (lambda server=server: figures.broadcast(server, 5)) for server in running},
        rounds,
    )


def full(postgres: Postgres) -> dict[str, Any]:
    """All figures, as they go into the report."""
    results: dict[str, Any] = {"clients": CLIENTS}
    with step("broadcasts, memory, handshakes"), ExitStack() as stack:
        running = [servers.Limit(postgres), servers.Ours(postgres), servers.node(),
                   servers.stock()]  # fmt: skip
        for server in running:
            stack.callback(server.close)
        limit, ours, node, _stock = running
        results["memory"] = {s.name: figures.memory(s, CLIENTS) for s in running}
        results["idle"] = figures.idle(ours, PINGED)
        results["broadcast"] = _broadcasts(running, rounds=5)
        results["generator"] = {s.name: figures.generator_share(s, 5) for s in running}
        results["fairness"] = figures.fairness(ours, 40)._asdict()
        both = {s.name: (lambda s=s: figures.handshakes(s, 3_000)[0]) for s in (ours, node)}
        results["handshakes"] = interleaved(both, 3)
    with step("targeted messages and the blocking loop"), ExitStack() as stack:
        results |= _targeted(postgres, stack)
    with step(f"sizes {SIZES}"):
        results["sizes"] = [_of_size(postgres, size) for size in SIZES]
    return results


def _targeted(postgres: Postgres, stack: ExitStack) -> dict[str, Any]:
    """Messages for one client each, and the loop of 2013 beside the direct path."""
    limit, ours = servers.Limit(postgres), servers.Ours(postgres)
    stack.callback(limit.close)
    stack.callback(ours.close)
    limit.load.open(CLIENTS)
    ours.enter("/targeted", CLIENTS)
    results = {
        "volatile": figures.targeted(ours, 8_000, 5, batch=80),
        "durable": figures.targeted(ours, 3_000, 5, batch=100, durable=True),
        "latency_c": figures.targeted(limit, 200, 5, batch=1),
        "latency_volatile": figures.targeted(ours, 200, 5, batch=1),
        "latency_durable": figures.targeted(ours, 200, 5, batch=1, durable=True),
    }
    loops: Rows = {}
    for namespace in ("/bench", "/loop", "/acknowledged"):
        ours.enter(namespace, LOOPS)
        figures.broadcast(ours, 5)
        loops[namespace] = [figures.broadcast(ours, 10) for _ in range(3)]
    return {**{name: one._asdict() for name, one in results.items()}, "loop": loops}


def _of_size(postgres: Postgres, size: int) -> dict[str, Any]:
    """Memory and broadcasts with some number of clients; None: the server failed under them."""
    makers = [lambda: servers.Limit(postgres), lambda: servers.Ours(postgres), servers.node,
              servers.stock]  # fmt: skip
    row: dict[str, Any] = {"size": size}
    for make in makers:
        server = make()
        try:
            memory = figures.memory(server, size)
            rounds = max(5, 10_000 // size)
            figures.broadcast(server, rounds)
            rates = [figures.broadcast(server, rounds) for _ in range(3)]
            row[server.name] = {"memory": memory, "broadcast": statistics.median(rates)}
        except LoadFailed as error:
            say(f"   {server.name} fails with {size} clients: {error}")
            row[server.name] = None
        finally:
            server.close()
    return row


def run() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder, servers.database(Path(folder)) as postgres:
        if "--quick" in sys.argv[1:]:
            quick(postgres)
        else:
            report.write(full(postgres), postgres)


if __name__ == "__main__":
    main(run)
