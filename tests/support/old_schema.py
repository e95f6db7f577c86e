"""The message log as earlier versions installed it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from pgsocketio.log import schema


@contextmanager
def version_1() -> Iterator[None]:
    """Within the block ``schema.install`` of this process knows the first script only."""
    scripts = schema._scripts()[:1]
    with patch.object(schema, "_scripts", lambda: scripts), patch.object(schema, "VERSION", 1):
        yield
