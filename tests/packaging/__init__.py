"""What is built from the checkout, installed as its users install it, and run with each kind of Odoo."""
