from odoo import api, fields, models


class MyAddonNote(models.Model):
    _name = "my.addon.note"
    _description = "Note"
    _order = "id desc"

    text = fields.Char(required=True)
    user_id = fields.Many2one("res.users", "To", required=True, ondelete="cascade")
    is_read = fields.Boolean("Read", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        notes = super().create(vals_list)
        for note in notes:
            note._notify()
        return notes

    def _notify(self):
        """Publish this note; it leaves when the transaction is committed."""
        self.ensure_one()
        self.env["web.socketio"].notify(
            "my_addon",
            to_id=self.user_id.id,
            note_id=self.id,
            text=self.text,
            author=self.create_uid.name,
        )

    def mark_read(self):
        """Called by the namespace, as the user who reads."""
        self.write({"is_read": True})
