"""``make setup``: fetch all that demo and tests need, so that both work without a network."""

from __future__ import annotations

from tools.console import main, say
from tools.odoo import find_or_fetch
from tools.old_client import old_client
from tools.postgres import programs
from tools.programs import apache, chromium, nginx, node_modules, pgbouncer, prometheus
from tools.turbogears import VERSIONS, environment, neighbours
from tools.wheels import wheels


def fetch_all() -> None:
    """Fetch what is missing and say where each part is."""
    say(f"-- PostgreSQL: {programs()}")
    say(f"-- Odoo 19:    {find_or_fetch().path}")
    say(f"-- Chromium:   {chromium()}")
    say(f"-- nginx:      {nginx()}")
    say(f"-- Apache:     {apache()[0]}")
    say(f"-- PgBouncer:  {pgbouncer()}")
    say(f"-- Prometheus: {prometheus()}")
    say(f"-- Node.js:    {node_modules()}")
    say(f"-- old client: {old_client()}")
    say(f"-- wheels:     {wheels()}, {neighbours()}")
    for version in VERSIONS:
        say(f"-- TurboGears: {environment(version)}")


if __name__ == "__main__":
    main(fetch_all)
