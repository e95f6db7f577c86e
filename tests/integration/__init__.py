"""Tests on real PostgreSQL, Odoo and server processes."""
