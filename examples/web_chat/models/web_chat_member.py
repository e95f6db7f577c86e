from odoo import fields, models
from odoo.tools import SQL

MAX_UNREAD = 100
"""Unread messages of a room that are counted; for more the page shows 99+."""


class WebChatMember(models.Model):
    _name = "web.chat.member"
    _description = "Chat Member"
    _rec_name = "user_id"

    room_id = fields.Many2one("web.chat.room", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, index=True, ondelete="cascade")
    read_id = fields.Integer("Last Message Read", help="Newer ones by others are unread")
    moved_at = fields.Datetime("Last Coming or Going")
    connection_ids = fields.One2many("web.chat.connection", "member_id", "Connections")

    _room_user_uniq = models.Constraint("UNIQUE (room_id, user_id)", "A user is in a room once.")

    def _ensure(self, room_id, user_id):
        """Create what is not there, also when two pages do it at the same moment."""
        query = "INSERT INTO %s (room_id, user_id, read_id) VALUES %s ON CONFLICT DO NOTHING"
        self.env.cr.execute(SQL(query, SQL.identifier(self._table), (room_id, user_id, 0)))

    def _unread_ids(self):
        """Return the ids of the newest messages that the member has not read, at most 100."""
        domain = [
            ("room_id", "=", self.room_id.id),
            ("id", ">", self.read_id),
            ("create_uid", "!=", self.user_id.id),
        ]
        return self.env["web.chat.message"].search(domain, limit=MAX_UNREAD).ids

    def _read_until(self, message_id):
        """Remember what was read, and tell the user's other pages."""
        newest = self.env["web.chat.message"].search([("room_id", "=", self.room_id.id)], limit=1)
        message_id = min(message_id, newest.id)
        if message_id > self.read_id:
            self.read_id = message_id
            self.env["web.socketio"].notify(
                "web_chat.read",
                user_id=self.user_id.id,
                room_id=self.room_id.id,
                read_id=message_id,
            )

    def _move(self, key, here):
        """A page comes or goes; tell everybody if that brings or takes the user.

        Pages of one user may do so at the same moment. Each writes the member first, so PostgreSQL
        refuses the second one, and Odoo runs it again: then it sees what the first one did.
        """
        self.moved_at = self.env.cr.now()
        self.flush_recordset()
        connections = self.env["web.chat.connection"].sudo()
        mine = [("member_id", "=", self.id)]
        was_present = bool(connections._alive(mine))
        connections.search([*mine, ("key", "=", key)]).unlink()
        if here:
            connections.create({"member_id": self.id, "key": key})
        is_present = bool(connections._alive(mine))
        if is_present != was_present:
            self.env["web.socketio"].notify(
                "web_chat.presence",
                room_id=self.room_id.id,
                user={"id": self.user_id.id, "name": self.user_id.name},
                present=is_present,
            )
