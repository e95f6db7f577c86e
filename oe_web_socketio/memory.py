"""How much memory the process takes."""

from __future__ import annotations

import logging
import resource
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger("oe_web_socketio")

INTERVAL = 5.0  # seconds between two looks


def resident() -> int:
    """Bytes that are in memory now. Source: proc(5), ``/proc/self/statm``."""
    pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    return pages * resource.getpagesize()


def watch(limit: int, sleep: Callable[[float], None], exceeded: Callable[[], None]) -> None:
    """Wait until the process takes more than it may.

    :param limit: bytes.
    :param sleep: gives way for some seconds.
    :param exceeded: called then, once.
    """
    while (taken := resident()) <= limit:
        sleep(INTERVAL)
    logger.warning(
        "%d MiB of memory are more than limit_memory_soft, %d MiB: the server ends in order, to be "
        "started again by its supervisor", taken >> 20, limit >> 20,
    )  # fmt: skip
    exceeded()
