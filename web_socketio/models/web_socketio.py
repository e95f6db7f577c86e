from odoo import api, models

from pgsocketio.log import publisher, schema

from .. import compat

waker = publisher.Waker(
    lambda database: compat.connect(database, application_name="oe.web.socketio wake")
)


class WebSocketIO(models.AbstractModel):
    """Realtime messages from ORM code."""

    _name = "web.socketio"
    _description = "Realtime Messages"

    def init(self):
        """Create the message log, or bring it up to date; at installation and at each update."""
        schema.install(self.env.cr)

    @api.private
    def notify(self, channel, **values):
        """Publish a message when this transaction is committed; never after a rollback.

        Delivery: to every listener that is there or comes back within the retention.

        :param str channel: name of the sub-channel
        :param values: what JSON and Odoo's RPC know; at most 1 MiB
        :return: id of the message
        :raise pgsocketio.errors.NotEncodable: naming the key that cannot travel
        """
        return self._publish(channel, values, durable=True)

    @api.private
    def notify_volatile(self, channel, **values):
        """As :meth:`notify`, for what may be lost (somebody types): at most once, never replayed.

        :param values: at most 7,999 bytes encoded
        """
        self._publish(channel, values, durable=False)

    def _publish(self, channel, values, durable):
        cr = self.env.cr
        number = publisher.publish(
            cr, channel, values, uid=self.env.uid, durable=durable, defer=True
        )
        self._wake_after_commit()
        return number

    def _wake_after_commit(self):
        """Send the NOTIFY once this transaction is committed; once, however much it publishes.

        What was published is read from the tables then: savepoints may still undo some of it.
        """
        cr, database = self.env.cr, self.env.cr.dbname
        if "web_socketio" not in cr.postcommit.data:
            cr.postcommit.data["web_socketio"] = True
            cr.execute("SELECT pg_current_xact_id()::text")
            xid = cr.fetchone()[0]
            cr.postcommit.add(lambda: waker.wake(database, xid))

    @api.private
    def position(self):
        """Where this transaction stands in the message log.

        A page that shows what this transaction read, and listens ``since`` this position, misses
        nothing in between.
        """
        self.env.cr.execute("SELECT web_socketio_position()")
        return self.env.cr.fetchone()[0]

    def _trim(self):
        """Drop old messages, also where no realtime server runs; called by cron."""
        self.env.cr.execute("SELECT web_socketio_trim()")

    @api.private
    def session_info(self):
        """What the web client needs to connect."""
        url = self.env["ir.config_parameter"].sudo().get_param("web_socketio.url")
        return {"url": url or False, "path": "/socket.io", "position": self.position()}
