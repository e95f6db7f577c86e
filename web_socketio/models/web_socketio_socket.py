import logging

from odoo import fields, models
from odoo.tools import SQL

from pgsocketio import remote
from pgsocketio.members import Target

_logger = logging.getLogger(__name__)


class WebSocketIOSocket(models.Model):
    """Connected clients, as of a few seconds ago: one row per page and namespace."""

    _name = "web.socketio.socket"
    _description = "Realtime Client"
    _auto = False
    _table = "web_socketio_socket_list"
    _rec_name = "sid"
    _order = "since desc, id"

    sid = fields.Char("Client", help="Names the client to its handlers; it is no credential")
    user_id = fields.Many2one("res.users")
    namespace = fields.Char()
    address = fields.Char(help="Of the browser, where the server knows the proxy before it")
    since = fields.Datetime("Connected")
    queue = fields.Integer("Waiting Messages", help="Not yet acknowledged by its page")
    unsent = fields.Integer("Unsent Bytes", help="Not yet taken by its network")
    node_id = fields.Many2one("web.socketio.node", "Server")
    gone = fields.Boolean(help="Its server has been silent for 30 seconds")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT s.id, s.sid, u.id AS user_id, s.namespace, s.address,
                   s.since AT TIME ZONE 'UTC' AS since, s.queue, s.unsent, n.id AS node_id,
                   coalesce(n.heartbeat < clock_timestamp() - web_socketio_silence(), true) AS gone
            FROM web_socketio_socket s
            LEFT JOIN web_socketio_node n USING (node)
            LEFT JOIN res_users u ON u.id::text = s."user"
            """
        )

    def action_disconnect(self):
        """Close these clients; their pages stay away until they are loaded anew."""
        self.check_access("read")
        target = Target(sids=tuple(self.mapped("sid")))
        return self._kick(target, self.env._("%d clients", len(self)))

    def action_disconnect_users(self):
        """Close every client of the users of these clients."""
        self.check_access("read")
        answers = []
        for user in self.user_id:
            answers += self._answers(Target(user=str(user.id)), user.display_name)
        return self._tell(answers)

    def _kick(self, target, whom):
        return self._tell(self._answers(target, whom))

    def _answers(self, target, whom):
        by = f"{self.env.user.login} (uid {self.env.uid})"
        _logger.info("disconnect %s: wanted by %s", whom, by)
        reason = self.env._("Disconnected by the administrator")
        with self.env["web.socketio"]._servers() as cursor:
            return remote.kick(cursor, target, reason, by)

    def _tell(self, answers):
        silent = [answer.where for answer in answers if answer.result is None]
        closed = {}
        for answer in answers:
            if answer.result is not None:
                closed[answer.where] = closed.get(answer.where, 0) + answer.result["closed"]
        lines = [self.env._("%(server)s: %(count)s closed", server=server, count=count)
                 for server, count in closed.items()]
        lines += [self.env._("%s did not answer", server) for server in silent]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("%s clients were disconnected", sum(closed.values())),
                "message": "\n".join(lines) or self.env._("No server is running."),
                "type": "warning" if silent or not closed else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
