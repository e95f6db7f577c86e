from odoo import api, fields, models


class TestRealtimeLive(models.Model):
    _name = "test.realtime.live"
    _inherit = ["web.socketio.live.mixin"]
    _description = "What pages follow; the records of another user may not be read"

    name = fields.Char()
    user_id = fields.Many2one("res.users")
    parent_id = fields.Many2one("test.realtime.live")
    parent_name = fields.Char(compute="_compute_parent_name", store=True)

    @api.depends("parent_id.name")
    def _compute_parent_name(self):
        for record in self:
            record.parent_name = record.parent_id.name
