from odoo import fields, models


class TestRealtimeSecret(models.Model):
    _name = "test.realtime.secret"
    _description = "What only administrators may read"

    name = fields.Char()
