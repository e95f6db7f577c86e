"""Letting one fault happen amid traffic, and counting."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.faults import Fault
from tests.chaos.site import Site
from tools.postgres import Postgres

BEFORE = 60  # messages of a round before its fault


@dataclass(frozen=True, slots=True)
class Row:
    """What a fault did."""

    fault: Fault
    sent: int
    lost: Sequence[str]
    doubled: Sequence[str]
    seconds: float
    told: Sequence[str]

    @property
    def bad(self) -> bool:
        wrongly_told = bool(self.told) != self.fault.told
        return bool(self.lost or self.doubled or wrongly_told)

    def __str__(self) -> str:
        text = (
            f"{self.fault.name:45} {self.sent:6} {len(self.lost):5} {len(self.doubled):10} "
            f"{self.seconds:8.1f} {len(self.told):5}"
        )
        examples = "; ".join([*self.lost[:3], *self.doubled[:3], *self.told[:3]])
        return f"{text}  {'FAILED ' + examples if self.bad else ''}".rstrip()


HEAD = f"{'fault':45} {'sent':>6} {'lost':>5} {'duplicated':>10} {'seconds':>8} {'told':>5}"


def attack(site: Site, fault: Fault, round: int, least: int) -> Row:
    """Let one fault happen amid traffic.

    :param least: messages of the round.
    """
    tally, publishers = site.tally, site.publishers
    told = len(tally.told)
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
    return Row(fault, tally.sent(round), lost, tally.doubled(round), seconds, tally.told[told:])


def _wait_committed(site: Site, count: int) -> None:
    while site.publishers.committed < count:
        time.sleep(0.01)


@contextmanager
def a_site(*options: str, clients: int = 6, durable: bool = True) -> Iterator[Site]:
    """Everything for one table, in a folder that PostgreSQL's account may enter.

    :param options: of ``tests.chaos.server``.
    :param durable: what is committed survives a crash of PostgreSQL.
    """
    with tempfile.TemporaryDirectory(prefix="oews-chaos-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = Postgres(folder / "postgres", tcp=True, durable=durable, name="chaos-postgres")
        with Site(postgres, folder, clients, options=options) as site:
            yield site
