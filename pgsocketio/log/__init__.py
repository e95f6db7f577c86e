"""The message log in PostgreSQL: its objects, reading it, publishing to it."""
