from odoo import api, fields, models


class RecipesNote(models.Model):
    """What inherits mail.thread has such a field."""

    _name = "recipes.note"
    _inherit = ["recipes.followed.mixin"]
    _description = "Note"

    name = fields.Char(required=True)
    message_partner_ids = fields.Many2many("res.partner")

    @api.model
    @api.readonly
    def publish(self):
        """Publish in a method that says it only reads."""
        return self.env["web.socketio"].notify("recipes.tell", to_ids=[], text="read-only")
