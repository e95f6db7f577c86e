"""``python -m tests.chaos.run [quick | selftest | NAME …]``: the table of faults.

Exit status 1 on a loss, a double, or whatever else is not as it should be. The whole table, when
all is well, goes into docs/performance/faults.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.chaos.attack import HEAD, Row, a_site, attack
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.site import Site
from tools.console import say
from tools.paths import ROOT

QUICK_MESSAGES = 5_000
TABLE = ROOT / "docs" / "performance" / "faults.md"
SELFTEST = {
    "catch-up": ("LISTEN backend", "network cut 1 s"),
    "deduplication": ("pages reloaded", "LISTEN backend"),
    "poll": ("publisher killed",),
}


def run(site: Site, faults: Sequence[Fault], least: int) -> list[Row]:
    """Print the table; returns it when it is as it should be, else nothing."""
    say(HEAD)
    rows = []
    for round, fault in enumerate(faults, 1):
        rows.append(attack(site, fault, round, least))
        say(str(rows[-1]))
    doubled = [name for round in range(1, len(rows) + 1) for name in site.tally.doubled(round)]
    troubles = [trouble for client in site.clients for trouble in client.trouble]
    problems = {
        "twice": doubled,
        "never committed": site.tally.phantoms(),
        "out of order": site.tally.disorder,
        "said by the server": [trouble for trouble in troubles if "web_socketio" in trouble],
    }
    for name, found in problems.items():
        if found:
            say(f"{name}: {', '.join(found[:5])}")
    say(
        f"faults={len(rows)} sent={sum(row.sent for row in rows)} "
        f"lost={sum(len(row.lost) for row in rows)} duplicated={len(doubled)} "
        f"slowest_recovery_s={max(row.seconds for row in rows):.1f}"
    )
    return [] if any(problems.values()) or any(row.bad for row in rows) else rows


def write(rows: Sequence[Row]) -> None:
    """Leave the table for the documentation."""
    lines = [
        "fault | sent | lost | duplicated | seconds until live again | clients told: not recovered",
        "--- | ---: | ---: | ---: | ---: | ---:",
        *(
            f"{row.fault.name} | {row.sent:,} | {len(row.lost)} | {len(row.doubled)} | "
            f"{row.seconds:.1f} | {len({name.partition(' /')[0] for name in row.told}) or ''}"
            for row in rows
        ),
    ]
    TABLE.write_text("\n".join(map(str.rstrip, lines)) + "\n", encoding="utf-8")


def named(*names: str) -> list[Fault]:
    """The faults whose names contain one of these, in this order; all where none is given."""
    return [f for name in names for f in FAULTS if name in f.name] if names else FAULTS


def selftest() -> bool:
    """Switch protections off one at a time; returns whether each absence was reported."""
    reported = []
    for protection, names in SELFTEST.items():
        say(f"\nwithout {protection}:")
        with a_site("--without", protection) as site:
            site.tally.patience = 5.0
            reported.append(not run(site, named(*names), 300))
        say("reported, as it should be" if reported[-1] else "NOT REPORTED")
    return all(reported)


def main(argv: Sequence[str]) -> int:
    if "selftest" in argv:
        return int(not selftest())
    with a_site() as site:
        if "quick" in argv:
            quick = [fault for fault in FAULTS if fault.quick]
            site.publishers.pause_between = 0.01
            return int(not run(site, quick, QUICK_MESSAGES // len(quick) + 1))
        rows = run(site, named(*argv), 500)
    if rows and not argv:
        write(rows)
    return int(not rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
