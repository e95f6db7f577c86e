from datetime import timedelta

from odoo import api, fields, models

LIFETIME = timedelta(seconds=150)
"""A connection not heard of for this long is gone: its server was killed, so nobody said so."""


class WebChatConnection(models.Model):
    _name = "web.chat.connection"
    _description = "Chat Connection"
    _rec_name = "key"

    member_id = fields.Many2one("web.chat.member", required=True, index=True, ondelete="cascade")
    key = fields.Char(required=True, index=True)
    seen_at = fields.Datetime(default=lambda self: self.env.cr.now())

    def _alive(self, domain):
        """Return those connections of a domain that still count."""
        return self.search([*domain, ("seen_at", ">", self.env.cr.now() - LIFETIME)])

    @api.model
    def _beat(self, key):
        """A page is still there."""
        self.sudo().search([("key", "=", key)]).seen_at = self.env.cr.now()

    @api.autovacuum
    def _gc_dead(self):
        self.search([("seen_at", "<=", self.env.cr.now() - LIFETIME)]).unlink()
