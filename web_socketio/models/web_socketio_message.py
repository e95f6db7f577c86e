from odoo import fields, models
from odoo.tools import SQL


class WebSocketIOMessage(models.Model):
    """The message log: what was published and is still kept for clients that come back."""

    _name = "web.socketio.message"
    _description = "Realtime Message"
    _auto = False
    _table = "web_socketio_message_list"
    _rec_name = "channel"
    # By the index of the log: sorting all of it for its ids would take long.
    _order = "xid desc, id desc"

    date = fields.Datetime("Published")
    channel = fields.Char()
    user_id = fields.Many2one("res.users", "Published By", help="Empty: published by SQL")
    excerpt = fields.Char("Values")
    content = fields.Text("All Values")
    size = fields.Integer(help="Of the values, in bytes")
    xid = fields.Char(
        "Transaction", help="Of PostgreSQL; what was published in one transaction comes together"
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT l.id, l.date AT TIME ZONE 'UTC' AS date, l.channel, u.id AS user_id,
                   left(l.payload::text, 200) AS excerpt, jsonb_pretty(l.payload) AS content,
                   octet_length(l.payload::text) AS size, l.xid
            FROM web_socketio_log l LEFT JOIN res_users u ON u.id = l.uid
            """
        )
