"""Faults against the real server process, a real PostgreSQL and real clients: `make chaos`."""
