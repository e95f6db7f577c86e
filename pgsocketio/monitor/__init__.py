"""What those who run a server look at: /health, /ready and /metrics, on an address of their own."""

from pgsocketio.monitor.metric import Metric, MetricsCollector
from pgsocketio.monitor.metrics import METRICS, Observed
from pgsocketio.monitor.pages import Monitor
from pgsocketio.monitor.state import state_of
from pgsocketio.monitor.supervisor import Supervisor

__all__ = [
    "METRICS", "Metric", "MetricsCollector", "Monitor", "Observed", "Supervisor", "state_of",
]  # fmt: skip
