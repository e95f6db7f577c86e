"""Which versions run together."""

from __future__ import annotations

import sys

from pgsocketio import __version__


def versions() -> dict[str, str]:
    """Version by name, of this process; once Odoo was loaded."""
    import gevent
    import odoo.release
    import psycopg2

    return {
        "oe.web.socketio": __version__,
        "Odoo": odoo.release.version,
        "gevent": gevent.__version__,
        "psycopg2": psycopg2.__version__.split()[0],  # type: ignore[attr-defined]
        "Python": sys.version.split()[0],
    }


def as_text(found: dict[str, str]) -> str:
    """The versions in a line."""
    return ", ".join(f"{name} {version}" for name, version in found.items())
