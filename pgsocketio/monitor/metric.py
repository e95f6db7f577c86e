"""A metric: declared once, read only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, Literal

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from pgsocketio.measure import Histogram

PREFIX: Final = "pgsocketio_"
MOST_LABELS: Final = 100
"""Most samples of one metric; the others are added up under the label ``other``."""

Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of Prometheus.

    :param name: without prefix and, for a counter, without ``_total``.
    :param kind: a counter never goes back; a gauge may; a histogram has buckets of times.
    :param help: one line.
    :param read: returns labels and value of each sample, of what the collector observes.
    :param labels: their names.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    read: Callable[[Any], Iterable[tuple[tuple[str, ...], Any]]]
    labels: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """As Prometheus calls it; a histogram's series add ``_bucket``, ``_sum``, ``_count``."""
        return PREFIX + self.name + ("_total" if self.kind == "counter" else "")

    def family(self, observed: Any) -> Family:
        """Its samples of now."""
        if self.kind == "histogram":
            return self._histogram(self.read(observed))
        kind = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        family = kind(PREFIX + self.name, self.help, labels=self.labels)
        for labels, value in _bounded(self.read(observed)):
            family.add_metric(labels, value)
        return family

    def _histogram(self, samples: Iterable[tuple[tuple[str, ...], Histogram]]) -> Family:
        family = HistogramMetricFamily(PREFIX + self.name, self.help, labels=self.labels)
        for labels, histogram in samples:
            bounds = [*map(str, histogram.bounds), "+Inf"]
            buckets = list(zip(bounds, map(float, accumulate(histogram.counts))))
            family.add_metric(labels, buckets, histogram.sum)
        return family


def _bounded(samples: Iterable[Sample]) -> Iterable[Sample]:
    """The first of many, and the sum of all others."""
    rest: dict[tuple[str, ...], float] = {}
    for number, (labels, value) in enumerate(samples):
        if number < MOST_LABELS:
            yield labels, value
        else:
            other = ("other",) * len(labels)
            rest[other] = rest.get(other, 0) + value
    yield from rest.items()


class MetricsCollector(Collector):
    """Hands metrics to Prometheus' client library.

    :param metrics: declared by whoever knows what is observed.
    :param observed: handed to each metric's ``read``.
    """

    def __init__(self, metrics: Sequence[Metric], observed: Any) -> None:
        self._metrics, self._observed = metrics, observed

    def collect(self) -> Iterable[Family]:
        return [metric.family(self._observed) for metric in self._metrics]
