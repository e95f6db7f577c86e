from odoo import models


class ResPartner(models.Model):
    """Live, and so are its views. It takes no more than this for another model."""

    _name = "res.partner"
    _inherit = ["res.partner", "web.socketio.live.mixin"]
