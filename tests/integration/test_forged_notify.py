"""NOTIFY has no access control: nothing forged or foreign on the channel is ever delivered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.attack import a_site
from tests.chaos.forged import forgeries
from tests.chaos.site import Site

ROUND = 1


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with a_site(clients=1, durable=False) as site:
        site.publishers.round = ROUND
        yield site


@pytest.fixture(scope="module")
def payloads(site: Site) -> dict[str, str]:
    """By the rule that each breaks."""
    old = site.signed()
    site.sql("SELECT web_socketio_new_log()")
    site.server.stop()
    site.server.start()
    site.server.wait_ready()
    _let_arrive(site)
    genuine = site.signed()
    _let_arrive(site)
    return forgeries(genuine, old)


def _let_arrive(site: Site) -> None:
    """Publish for all, and wait: what was sent before has arrived, or never will."""
    (n,) = site.publishers.one([0])
    assert site.tally.wait_for(n)


RULES = list(forgeries('1:0:{"p": {}}', ""))


def test_there_are_enough_rules() -> None:
    assert len(RULES) >= 25


@pytest.mark.parametrize("rule", RULES)
def test_it_is_not_delivered(site: Site, payloads: dict[str, str], rule: str) -> None:
    before = site.tally.count()
    site.notify(payloads[rule])
    _let_arrive(site)
    site.tally.read_ledger(site.dsn)
    assert site.tally.wait_complete(ROUND) == []
    assert site.tally.count() == before + 2  # two namespaces hear what is for all
    assert site.tally.phantoms() == site.tally.doubled(ROUND) == []


def test_a_genuine_payload_is_delivered_at_once(site: Site) -> None:
    """The other tests would pass as well if content were never read from the channel."""
    def is_delivered_from_the_channel() -> bool:
        before = site.server.counters()["rows_read"]
        (n,) = site.publishers.one([0])
        assert site.tally.wait_for(n)
        return bool(site.server.counters()["rows_read"] == before)

    # The log may be read just then because of what was published before.
    assert any(is_delivered_from_the_channel() for _ in range(3))
