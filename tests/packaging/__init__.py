"""What the checkout builds, installed as its users install it, with each kind of Odoo."""
