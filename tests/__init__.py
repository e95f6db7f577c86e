"""The tests: unit (no services), integration (PostgreSQL and server processes), odoo, e2e."""
