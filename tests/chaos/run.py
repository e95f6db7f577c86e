"""``python -m tests.chaos.run [quick] [NAME …]``: the table; status 1 on a loss or a double."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.faults import FAULTS, Fault
from tests.chaos.site import Site
from tools.console import say
from tools.postgres import Postgres

QUICK_MESSAGES = 5_000
BEFORE = 60  # messages of a round before its fault


@dataclass(frozen=True, slots=True)
class Row:
    """What a fault did."""

    fault: Fault
    sent: int
    lost: Sequence[str]
    doubled: Sequence[str]
    seconds: float
    told: int

    @property
    def bad(self) -> bool:
        wrongly_told = bool(self.told) != self.fault.told
        return bool(self.lost or self.doubled or wrongly_told)

    def __str__(self) -> str:
        text = (
            f"{self.fault.name:45} {self.sent:6} {len(self.lost):5} {len(self.doubled):10} "
            f"{self.seconds:8.1f} {self.told:5}"
        )
        examples = "; ".join([*self.lost[:3], *self.doubled[:3]])
        return f"{text}  {'FAILED ' + examples if self.bad else ''}".rstrip()


HEAD = f"{'fault':45} {'sent':>6} {'lost':>5} {'duplicated':>10} {'seconds':>8} {'told':>5}"


def attack(site: Site, fault: Fault, round: int, least: int) -> Row:
    """Let one fault happen amid traffic.

    :param least: messages of the round.
    """
    tally, publishers = site.tally, site.publishers
    told = tally.told
    publishers.start(round)
    _wait_committed(site, BEFORE)
    fault.inject(site)
    over = time.monotonic()
    (probe,) = publishers.one([0])
    live = tally.wait_for(probe)
    seconds = time.monotonic() - over
    _wait_committed(site, least)
    publishers.stop()
    tally.read_ledger(site.dsn)
    lost = tally.wait_complete(round)
    lost += [] if live else ["not live again"]
    lost += site.problems
    site.problems = []
    return Row(fault, tally.sent(round), lost, tally.doubled(round), seconds, tally.told - told)


def _wait_committed(site: Site, count: int) -> None:
    while site.publishers.committed < count:
        time.sleep(0.01)


def run(site: Site, faults: Sequence[Fault], least: int) -> int:
    """Print the table; returns the exit status."""
    say(HEAD)
    rows = []
    for round, fault in enumerate(faults, 1):
        rows.append(attack(site, fault, round, least))
        say(str(rows[-1]))
    doubled = [name for round in range(1, len(rows) + 1) for name in site.tally.doubled(round)]
    problems = {
        "twice": doubled,
        "never committed": site.tally.phantoms(),
        "out of order": site.tally.disorder,
        "said by the server": [
            trouble for client in site.clients for trouble in client.trouble
            if "web_socketio" in trouble
        ],
    }  # fmt: skip
    for name, found in problems.items():
        if found:
            say(f"{name}: {', '.join(found[:5])}")
    say(
        f"faults={len(rows)} sent={sum(row.sent for row in rows)} "
        f"lost={sum(len(row.lost) for row in rows)} duplicated={len(doubled)} "
        f"slowest_recovery_s={max(row.seconds for row in rows):.1f}"
    )
    return int(any(problems.values()) or any(row.bad for row in rows))


def main(argv: Sequence[str]) -> int:
    quick = "quick" in argv
    names = [name for name in argv if name != "quick"]
    faults = [f for f in FAULTS if f.quick or not quick]
    if names:
        faults = [f for name in names for f in faults if name in f.name]
    with tempfile.TemporaryDirectory(prefix="oews-chaos-") as folder:
        Path(folder).chmod(0o711)
        postgres = Postgres(Path(folder) / "postgres", tcp=True, name="chaos-postgres")
        with Site(postgres, Path(folder)) as site:
            return run(site, faults, QUICK_MESSAGES // len(faults) + 1 if quick else 500)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
