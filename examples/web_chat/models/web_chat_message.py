from odoo import api, fields, models
from odoo.exceptions import ValidationError

MAX_LENGTH = 2000


class WebChatMessage(models.Model):
    _name = "web.chat.message"
    _description = "Chat Message"
    _order = "id desc"
    _rec_name = "body"

    room_id = fields.Many2one("web.chat.room", required=True, index=True, ondelete="cascade")
    body = fields.Text(required=True)

    @api.constrains("body")
    def _check_body(self):
        for message in self:
            if not message.body.strip():
                raise ValidationError(self.env._("A message needs some text."))
            if len(message.body) > MAX_LENGTH:
                text = self.env._("A message has at most %s characters.", MAX_LENGTH)
                raise ValidationError(text)

    @api.model_create_multi
    def create(self, vals_list):
        messages = super().create(vals_list)
        for message in messages:
            self.env["web.socketio"].notify("web_chat.message", **message._as_event())
        return messages

    def _as_event(self):
        return {
            "id": self.id,
            "room_id": self.room_id.id,
            "author_id": self.create_uid.id,
            "author": self.create_uid.name,
            "body": self.body,
            "date": fields.Datetime.to_string(self.create_date),
        }
