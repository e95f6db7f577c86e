import json
import logging

from odoo import fields, models
from odoo.exceptions import UserError

from pgsocketio import remote
from pgsocketio.errors import NotEncodable, PayloadTooLarge
from pgsocketio.log.publisher import publish

_logger = logging.getLogger(__name__)


class WebSocketIOTest(models.TransientModel):
    """Publishes a message by hand, and asks every server whether it arrived."""

    _name = "web.socketio.test"
    _description = "Realtime Test Message"

    channel = fields.Char(required=True, default="test", help="Whoever listens on it gets it")
    content = fields.Text(
        "Values", required=True, default='{\n    "message": "Hello"\n}', help="A JSON object"
    )
    result = fields.Text(readonly=True)

    def action_send(self):
        """Publish, and show who got it."""
        self.ensure_one()
        values = self._values()
        by = f"{self.env.user.login} (uid {self.env.uid})"
        _logger.info("test message on %r published by %s", self.channel, by)
        with self.env["web.socketio"]._servers() as cursor:
            try:
                number = publish(cursor, self.channel, values, uid=self.env.uid)
            except (NotEncodable, PayloadTooLarge) as error:
                raise UserError(str(error)) from error
            answers = remote.probe(cursor, self.channel, by)
        self.result = "\n".join(self._told(number, answers))
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Send a Test Message"),
        }

    def _told(self, number, answers):
        yield self.env._("Message %s was published.", number)
        for answer in answers:
            if answer.result is None:
                yield self.env._("%s did not answer.", answer.where)
            else:
                yield self.env._(
                    "%(server)s passed it on to %(count)s listeners on this channel.",
                    server=answer.where, count=answer.result["listeners"],
                )  # fmt: skip
        if not answers:
            yield self.env._("No server is running: clients get it when they come back.")

    def _values(self):
        if self.channel.startswith("web_socketio:"):
            text = self.env._("Channels that begin with web_socketio: belong to the servers.")
            raise UserError(text)
        try:
            values = json.loads(self.content)
        except ValueError as error:
            raise UserError(self.env._("The values are no JSON: %s", error)) from error
        if not isinstance(values, dict):
            raise UserError(self.env._('The values are a JSON object, such as {"to_id": 2}.'))
        return values
