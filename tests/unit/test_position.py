"""Positions: a snapshot sees what PostgreSQL's would, and hostile tokens are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgsocketio.errors import BadPosition
from pgsocketio.position import MAX_TOKEN, Position, Snapshot

EPOCH = "0123456789abcdef"


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """As PostgreSQL makes them: xmin is the oldest in progress, or xmax when none is."""
    xmax = draw(st.integers(1, 60))
    xip = draw(st.sets(st.integers(1, xmax - 1), max_size=8)) if xmax > 1 else set()
    return Snapshot(min((xmax, *xip)), xmax, tuple(sorted(xip)))


@given(snapshots())
def test_text_form_is_postgresqls(snapshot: Snapshot) -> None:
    assert Snapshot.parse(str(snapshot)) == snapshot
    position = Position(EPOCH, snapshot)
    assert Position.parse(str(position)) == position


def test_sees_what_was_committed_before() -> None:
    snapshot = Snapshot.parse("10:20:10,15")
    assert [xid for xid in range(8, 23) if not snapshot.sees(xid)] == [10, 15, 20, 21, 22]


@given(snapshots(), snapshots())
@example(Snapshot(5, 9, (5,)), Snapshot(3, 4, (3,)))
def test_meet_sees_what_both_see(one: Snapshot, other: Snapshot) -> None:
    both = one.meet(other)
    for xid in range(1, 62):
        assert both.sees(xid) == (one.sees(xid) and other.sees(xid))
    assert Snapshot.parse(str(both)) == both == other.meet(one)


HOSTILE = [
    None, 5, True, b"", ["a"], {"p": 1}, "", ":", ":::",
    f"{EPOCH}:1:2",                       # no third part
    f"{EPOCH}:0:2:",                      # transaction 0 is none
    f"{EPOCH}:3:2:",                      # xmin above xmax
    f"{EPOCH}:1:5:5",                     # in progress, but not below xmax
    f"{EPOCH}:3:5:2",                     # in progress, but below xmin
    f"{EPOCH}:1:9:4,3",                   # not ascending
    f"{EPOCH}:1:9:3,3",                   # twice
    f"{EPOCH}:1:9:3,",
    f"{EPOCH}:1:9:,3",
    f"{EPOCH}:01:9:",                     # nobody writes it so
    f"{EPOCH}:1:{2**63}:",                # beyond xid8
    f"{EPOCH}:1:{'9' * 4400}:",            # beyond Python's own limit for digits
    f"{EPOCH}:-1:9:",
    f"{EPOCH}:1:9: 3",
    f"{EPOCH}:1:1_0:",
    f"{EPOCH}:1:٩:",                      # a digit, but not ASCII
    f"{EPOCH}:1:9:\n",
    f" {EPOCH}:1:9:",
    f"{EPOCH.upper()}:1:9:",
    f"{EPOCH[:-1]}:1:9:",
    f"{EPOCH}:1:9:'; DROP TABLE web_socketio_log; --",
]  # fmt: skip


@pytest.mark.parametrize("token", HOSTILE, ids=lambda token: repr(token)[:40])
def test_hostile_tokens_are_refused(token: Any) -> None:
    with pytest.raises(BadPosition):
        Position.parse(token)


@given(st.text("0123456789abcdef:,-+ _", max_size=60) | st.text(max_size=60))
def test_what_parses_is_what_would_be_written(token: str) -> None:
    try:
        position = Position.parse(f"{EPOCH}:{token}")
    except BadPosition:
        return
    assert str(position) == f"{EPOCH}:{token}"


def test_tokens_are_bounded() -> None:
    xids = list(range(2, 10_000))
    token = f"{EPOCH}:2:10000:{','.join(map(str, xids))}"
    assert len(token) > MAX_TOKEN
    with pytest.raises(BadPosition):
        Position.parse(token)


def test_twenty_writers_fit_into_a_kilobyte() -> None:
    first = 2**62
    writers = tuple(range(first, first + 40, 2))
    position = Position(EPOCH, Snapshot(first, first + 40, writers))
    assert len(str(position)) < 1_024
    assert Position.parse(str(position)) == position
