"""The addons' own tests, run by Odoo."""
