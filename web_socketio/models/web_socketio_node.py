from odoo import fields, models
from odoo.tools import SQL


class WebSocketIONode(models.Model):
    """Server processes of this database, as they describe themselves every few seconds."""

    _name = "web.socketio.node"
    _description = "Realtime Server"
    _auto = False
    _table = "web_socketio_node_list"
    _order = "state, name"

    name = fields.Char("Server", help="Host and process id")
    address = fields.Char(help="Where it listens; the proxy passes /socket.io on to it")
    version = fields.Char(help="Of oe.web.socketio")
    since = fields.Datetime("Started")
    heartbeat = fields.Datetime("Last Heard Of")
    state = fields.Selection(
        [
            ("away", "No Connection"), ("draining", "Ending"), ("gone", "Gone"),
            ("ready", "Ready"), ("restart", "Needs Restart"),
        ],
        help="Gone: silent for 30 seconds. No Connection: it does not hear what is published. "
        "Needs Restart: the Python of an addon changed since it was started.",
    )
    error = fields.Char(help="Why it does not hear what is published")
    restart = fields.Text("Why It Needs a Restart")
    connections = fields.Integer(help="Of this process, to all of its databases")
    sockets = fields.Integer("Clients", help="Of this database: one per page and namespace")
    forged_acts = fields.Integer(
        help="Messages that pretended to come from another server, and were not obeyed"
    )
    server_schema = fields.Integer(
        "Version of the Message Log",
        help="That the server works with; one more or one less in the database works too",
    )
    database_schema = fields.Integer("Version in the Database")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT n.id, n.host || ':' || n.pid AS name, n.address, n.version,
                   n.since AT TIME ZONE 'UTC' AS since,
                   n.heartbeat AT TIME ZONE 'UTC' AS heartbeat,
                   CASE WHEN n.heartbeat < clock_timestamp() - web_socketio_silence() THEN 'gone'
                        ELSE n.state END AS state,
                   n.health->>'error' AS error,
                   (SELECT string_agg(reason, E'\n')
                    FROM jsonb_array_elements_text(n.health->'restart') AS reason) AS restart,
                   n.connections, n.sockets,
                   (n.health->>'forged_acts')::integer AS forged_acts,
                   (n.health->>'schema')::integer AS server_schema,
                   (SELECT value::integer FROM web_socketio_meta WHERE key = 'version')
                       AS database_schema
            FROM web_socketio_node n
            """
        )
