import json
import logging
from contextlib import contextmanager
from urllib.parse import urlsplit

from odoo import api, models
from odoo.exceptions import UserError
from psycopg2 import DataError, OperationalError, errors

from pgsocketio import __version__
from pgsocketio.errors import SchemaMismatch
from pgsocketio.log import publisher, schema

from .. import compat

waker = publisher.Waker(
    lambda database: compat.connect(database, application_name="oe.web.socketio wake")
)

connections = publisher.Connections(
    lambda database: compat.connect(database, application_name="oe.web.socketio administration")
)

_logger = logging.getLogger(__name__)


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
        :raise psycopg2.errors.ReadOnlySqlTransaction: in a read-only transaction
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
        if cr.readonly:
            # PostgreSQL's own error: after it Odoo calls a route again, on a cursor that writes
            raise errors.ReadOnlySqlTransaction(
                f"cannot publish on {channel!r} in a read-only transaction: that writes to the "
                "message log, so take @api.readonly (or readonly=True of the route, of the cursor) "
                "away from what does it"
            )
        deferred = publisher.publish_deferred(
            cr, channel, values, uid=self.env.uid, durable=durable
        )
        self._wake_after_commit(deferred)
        return deferred.id

    def _wake_after_commit(self, deferred):
        """Send the NOTIFY once this transaction is committed; once, however much it publishes.

        What was published is read from the tables then: savepoints may still undo some of it.
        """
        cr, database = self.env.cr, self.env.cr.dbname
        data, until = cr.postcommit.data, deferred.polled_until
        if "web_socketio" not in data:
            data["web_socketio"] = until
            cr.postcommit.add(lambda: waker.wake(database, deferred.xid, data["web_socketio"]))
        data["web_socketio"] = min(data["web_socketio"], until)

    @api.private
    def position(self):
        """Where this transaction stands in the message log.

        A page that shows what this transaction read, and listens ``since`` this position, misses
        nothing in between.
        """
        self.env.cr.execute("SELECT web_socketio_position()")
        return self.env.cr.fetchone()[0]

    def _trim(self):
        """Drop old messages and servers that are gone, also where none runs; called by cron."""
        self.env.cr.execute("SELECT web_socketio_trim(), web_socketio_sweep()")

    @api.private
    def server_info(self):
        """Where a page finds the realtime server.

        Under a path of its own, as a proxy may have it, when the setting has one.
        """
        url = self.env["ir.config_parameter"].sudo().get_param("web_socketio.url") or ""
        path = urlsplit(url).path.rstrip("/") if "/" in url else ""
        return {"url": url or False, "path": f"{path.removesuffix('/socket.io')}/socket.io"}

    @api.private
    def session_info(self):
        """What the web client needs to connect; and which version Odoo has loaded."""
        return {**self.server_info(), "position": self.position(), "version": __version__}

    # -- for administrators --------------------------------------------------------------------

    @contextmanager
    def _servers(self):
        """A cursor for commands to the servers: they see what is committed, so beside this
        transaction.

        :raise UserError: when they cannot be reached
        """
        try:
            with connections.cursor(self.env.cr.dbname) as cursor:
                yield cursor
        except (SchemaMismatch, OperationalError) as error:
            raise UserError(" ".join(str(error).split())) from error

    def _configure(self, settings):
        """Change settings of the message log.

        :param dict settings: of ``web_socketio_configure``
        :raise UserError: for a wrong value
        """
        _logger.info(
            "settings of the message log changed by %s (uid %s): %s",
            self.env.user.login, self.env.uid, settings,
        )  # fmt: skip
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute(
                    "SELECT web_socketio_configure(%s::jsonb)", [json.dumps(settings)]
                )
        except DataError as error:
            raise UserError(error.diag.message_primary) from error
