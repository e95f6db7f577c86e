"""What publishing costs those who publish: ``python -m benchmarks.publishing``.

Eight processes commit through Odoo's cursor as fast as they can, each on a row of its own: without
a message, with one as ORM code publishes it, and with NOTIFY inside the transaction. PostgreSQL
keeps what it commits (fsync on), and the realtime server listens.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.report import FOLDER, spread, versions
from tests.support.servers import RealtimeServer
from tools.console import main, run, say, step
from tools.odoo import OdooInstance, find_or_fetch, our_addons
from tools.paths import ROOT
from tools.postgres import Postgres

DB = "bench"
WRITERS = 8
SECONDS, ROUNDS = 3.0, 5
SLOW_FLUSH = {"commit_delay": "5000", "commit_siblings": "0"}
"""A flush of the log takes at least 5 ms more, also for a writer alone."""
ROWS = {
    "an `UPDATE`, flush latency 5 ms (`commit_delay=5000, commit_siblings=0`)": ("row", SLOW_FLUSH),
    "`res.partner.write`, plain disk": ("partner", {}),
}
Rates = dict[str, list[float]]


def measure(instance: OdooInstance, postgres: Postgres, work: str, disk: dict[str, str]) -> Rates:
    """Commits per second of all writers together, round by round, for each way to publish."""
    for name in SLOW_FLUSH:
        postgres.psql(f"ALTER SYSTEM SET {name} = {disk.get(name, 'DEFAULT')}")
    postgres.psql("SELECT pg_reload_conf()")
    result = instance.folder / "rates.json"
    settings = {"work": work, "writers": WRITERS, "seconds": SECONDS, "rounds": ROUNDS,
                "result": str(result)}  # fmt: skip
    run(
        instance.command("shell", "-c", instance.conf, "-d", DB, "--no-http"),
        "bench-writers", "The writers failed.", stdin=ROOT / "benchmarks" / "publishing_writers.py",
        env={**instance.odoo.env, "WRITERS": json.dumps(settings)},
    )  # fmt: skip
    rates: Rates = json.loads(result.read_text(encoding="utf-8"))
    return rates


def table(results: dict[str, Rates]) -> str:
    """Markdown: commits per second, and as shares of those without a message."""
    lines = [
        f"{WRITERS} writers | commits/s without a message | with one | NOTIFY inside",
        "--- | ---: | ---: | ---:",
    ]
    for name, rates in results.items():
        cells = [f"{statistics.median(rates['no_message']):,.0f}"]
        for way in ("one_message", "notify_inside"):
            shares = [a / b for a, b in zip(rates[way], rates["no_message"])]
            cells.append(f"{spread(shares, '.2f')} of them")
        lines.append(f"{name} | {' | '.join(cells)}")
    return "\n".join(lines) + "\n"


def benchmark() -> None:
    """Measure, and write docs/performance/publishing."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run under another account
        postgres = Postgres(folder / "postgres", name="bench-postgres")
        stack.callback(postgres.close)
        instance = OdooInstance(find_or_fetch(), postgres, folder / "odoo")
        with step("installing Odoo"):
            modules = ["base", "web", "bus", *(addon.name for addon in our_addons())]
            instance.install(DB, modules, log="bench-install")
        stack.enter_context(RealtimeServer(instance, DB))
        results = {}
        for row, (work, disk) in ROWS.items():
            with step(row):
                results[row] = measure(instance, postgres, work, disk)
        everything = {"versions": versions(postgres), "commits_per_second": results}
        text = table(results)
    say(text)
    if "--dry-run" not in sys.argv[1:]:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "publishing.md").write_text(text, encoding="utf-8")
        (FOLDER / "publishing.json").write_text(json.dumps(everything, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(benchmark)
