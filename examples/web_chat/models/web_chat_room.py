from odoo import fields, models


class WebChatRoom(models.Model):
    _name = "web.chat.room"
    _description = "Chat Room"
    _order = "name"

    name = fields.Char(required=True)
    message_ids = fields.One2many("web.chat.message", "room_id", "Messages")

    def history(self, limit=50):
        """Return the last messages as the web client shows them, oldest first."""
        self.ensure_one()
        domain = [("room_id", "=", self.id)]
        messages = self.env["web.chat.message"].search(domain, order="id desc", limit=limit)
        return [message._as_event() for message in reversed(messages)]
