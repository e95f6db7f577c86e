"""Token buckets, counts, quiet logs and the timer wheel, with a clock of our own."""

from __future__ import annotations

import logging

import pytest

from pgsocketio.engine.limits import CountPerKey, TimerWheel
from pgsocketio.quiet_log import QuietLog
from pgsocketio.rates import TokenBuckets, network_key


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("no:address", "no:address"),
    ],
)
def test_network_key(address: str, key: str) -> None:
    assert network_key(address) == key


def test_token_bucket() -> None:
    clock = Clock()
    buckets = TokenBuckets(rate=2, burst=3, clock=clock)
    assert not buckets.is_empty("a")
    assert len(buckets) == 0, "to ask leaves no trace"
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]
    assert buckets.is_empty("a")
    assert buckets.take("b")
    clock.now += 0.5
    assert [buckets.take("a") for _ in range(2)] == [True, False]
    clock.now += 100
    assert [buckets.take("a") for _ in range(4)] == [True, True, True, False]


def test_token_buckets_are_bounded() -> None:
    buckets = TokenBuckets(1, 1, Clock(), max_keys=10)
    for number in range(100):
        buckets.take(str(number))
    assert len(buckets) == 10
    assert not buckets.take("99")
    assert buckets.take("0")


def test_count_per_key() -> None:
    counts = CountPerKey(total=3, per_key=2)
    counts.add("a")
    counts.add("a")
    assert counts.full_for("a")
    assert not counts.full_for("b")
    counts.add("b")
    assert counts.full
    counts.remove("a")
    assert not counts.full
    assert not counts.full_for("a")
    counts.remove("a")
    counts.remove("b")
    assert counts.count == 0
    assert not counts._counts


def test_quiet_log(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    log = QuietLog(logging.getLogger("quiet"), clock, period=10)
    for _ in range(5):
        log.line("a", "crossed by %s", "one")
    log.line("b", "another")
    assert caplog.messages == ["crossed by one", "another"]
    clock.now += 10
    log.line("a", "crossed by %s", "two")
    assert caplog.messages[-1] == "crossed by two (4 more like this since the last such line)"


class Item:
    """Notes when it was called; may do more."""

    def __init__(self, clock: Clock) -> None:
        self.due = -1
        self.clock = clock
        self.calls: list[float] = []

    def on_time(self) -> None:
        self.calls.append(self.clock.now)


def run(wheel: TimerWheel, clock: Clock, seconds: float) -> None:
    end = clock.now + seconds
    while clock.now < end:
        clock.now += 0.05
        wheel.advance()


def test_wheel_calls_once_in_time() -> None:
    clock = Clock()
    wheel = TimerWheel(clock)
    item = Item(clock)
    wheel.schedule(item, 1.0)
    run(wheel, clock, 5)
    assert len(item.calls) == 1
    assert 1001.0 <= item.calls[0] <= 1001.25
    assert len(wheel) == 0


def test_wheel_reschedules_and_cancels() -> None:
    clock = Clock()
    wheel = TimerWheel(clock)
    first, second = Item(clock), Item(clock)
    wheel.schedule(first, 1.0)
    wheel.schedule(second, 1.0)
    wheel.schedule(first, 3.0)
    wheel.cancel(second)
    wheel.cancel(second)
    run(wheel, clock, 2)
    assert (first.calls, second.calls) == ([], [])
    run(wheel, clock, 2)
    assert len(first.calls) == 1


def test_long_delays_of_the_same_half_second_end_together() -> None:
    clock = Clock()
    wheel = TimerWheel(clock)
    items = [Item(clock) for _ in range(5)]
    for item in items:
        wheel.schedule(item, 25.0)
        run(wheel, clock, 0.1)
    run(wheel, clock, 26.0)
    moments = {item.calls[0] for item in items}
    assert len(moments) <= 2
    assert 1025.0 <= min(moments) <= max(moments) <= 1026.2


def test_of_very_much_that_is_due_at_once_others_wait_a_tick() -> None:
    clock = Clock()
    wheel = TimerWheel(clock)
    items = [Item(clock) for _ in range(600)]
    for item in items:
        wheel.schedule(item, 1.0)
    clock.now += 1.2
    called = []
    for _ in range(3):
        wheel.advance()
        called.append(sum(len(item.calls) for item in items))
    assert called == [250, 500, 600]
    assert len(wheel) == 0


def test_wheel_catches_up_after_a_stall() -> None:
    clock = Clock()
    wheel = TimerWheel(clock)
    items = [Item(clock) for _ in range(50)]
    for number, item in enumerate(items):
        wheel.schedule(item, number / 10)
    clock.now += 60
    wheel.advance()
    assert all(len(item.calls) == 1 for item in items)


def test_items_may_cancel_and_reschedule_each_other() -> None:
    clock = Clock()
    wheel = TimerWheel(clock)
    victim = Item(clock)

    class Canceller(Item):
        def on_time(self) -> None:
            super().on_time()
            wheel.cancel(victim)
            wheel.schedule(self, 1.0)

    canceller = Canceller(clock)
    wheel.schedule(canceller, 0.5)
    wheel.schedule(victim, 0.8)
    run(wheel, clock, 4)
    assert victim.calls == []
    assert len(canceller.calls) >= 3


def test_an_item_that_raises_does_not_keep_back_others() -> None:
    clock = Clock()
    wheel = TimerWheel(clock)

    class Broken(Item):
        def on_time(self) -> None:
            raise RuntimeError("on purpose")

    good = Item(clock)
    wheel.schedule(Broken(clock), 0.0)
    wheel.schedule(good, 0.2)
    clock.now += 1
    with pytest.raises(RuntimeError):
        wheel.advance()
    wheel.advance()
    assert len(good.calls) == 1
