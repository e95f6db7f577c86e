from odoo import api, fields, models
from odoo.exceptions import MissingError


class WebChatRoom(models.Model):
    _name = "web.chat.room"
    _description = "Chat Room"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    message_ids = fields.One2many("web.chat.message", "room_id", "Messages")

    @api.model
    def _overview(self):
        """Return what a page shows of each room."""
        return [
            {
                "id": room.id,
                "name": room.name,
                "unread": room._member()._unread_ids(),
                "present": room._present(),
            }
            for room in self.search([])
        ]

    def _history(self, limit=50):
        """Return the last messages as the web client shows them, oldest first."""
        self.ensure_one()
        domain = [("room_id", "=", self.id)]
        messages = self.env["web.chat.message"].search(domain, order="id desc", limit=limit)
        return [message._as_event() for message in reversed(messages)]

    def _present(self):
        """Return who looks at this room now: each user once, from however many pages."""
        self.ensure_one()
        alive = self.env["web.chat.connection"].sudo()._alive([("member_id.room_id", "=", self.id)])
        users = alive.member_id.user_id.sorted("name")
        return [{"id": user.id, "name": user.name} for user in users]

    def _enter(self, key):
        """One more page of the user's looks at this room.

        :param str key: names the page's connection, at whichever server process
        """
        self._member()._move(key, here=True)

    def _leave(self, key):
        """A page looks away, or is gone."""
        self._member()._move(key, here=False)

    def _read(self, message_id):
        """The user has read all messages up to this one."""
        self._member()._read_until(message_id)

    def _member(self):
        """Return what is known of the user in this room; it begins with the first call."""
        self.ensure_one()
        self.check_access("read")
        if not self.exists():
            raise MissingError(self.env._("This room is gone."))
        self.env["web.chat.member"].sudo()._ensure(self.id, self.env.uid)
        domain = [("room_id", "=", self.id), ("user_id", "=", self.env.uid)]
        return self.env["web.chat.member"].sudo().search(domain)
