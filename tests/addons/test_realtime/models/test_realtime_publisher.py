import json

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.service.model import call_kw


class TestRealtimePublisher(models.AbstractModel):
    """Transactions described as data: a list of steps, each a list of a verb and its arguments."""

    _name = "test.realtime.publisher"
    _description = "Publisher"

    @api.model
    def run(self, steps):
        """Do the steps in this transaction; return what the last one returned."""
        result = None
        for verb, *args in steps:
            result = getattr(self, f"_do_{verb}")(*args)
        return result

    def _do_notify(self, channel, values):
        return self.env["web.socketio"].notify(channel, **values)

    def _do_volatile(self, channel, values):
        return self.env["web.socketio"].notify_volatile(channel, **values)

    def _do_sql(self, channel, values):
        self.env.cr.execute(
            "SELECT web_socketio_notify(%s, %s::jsonb)", [channel, json.dumps(values)]
        )

    def _do_savepoint(self, steps):
        with self.env.cr.savepoint():
            self.run(steps)

    def _do_rolled_back(self, steps):
        savepoint = self.env.cr.savepoint()
        self.run(steps)
        savepoint.close(rollback=True)

    def _do_create(self, name):
        return self.env["test.realtime.item"].create({"name": name}).id

    def _do_live(self, name):
        return self.env["test.realtime.live"].create({"name": name}).id

    def _do_live_twice(self, name):
        records = self.env["test.realtime.live"].create([{"name": name}])
        records += records.create([{"name": name}])
        records.name = "again"
        return records.ids

    def _do_commit(self):
        self.env.cr.commit()

    def _do_rollback(self):
        self.env.cr.rollback()

    def _do_fail(self):
        raise RuntimeError("failed on purpose")

    def _do_position(self):
        return self.env["web.socketio"].position()

    def _do_pass_gate(self, key):
        self.env["test.realtime.item"].pass_gate(key)

    def _do_methods(self):
        """The names that the model web.socketio has of its own."""
        own = type(self.env["web.socketio"]).mro()
        ours = [cls for cls in own if cls.__module__.startswith("odoo.addons.web_socketio.")]
        return sorted({
            name for cls in ours for name, value in vars(cls).items()
            if callable(value) and not name.startswith("__")
        })

    def _do_as_public(self, method):
        """Call a method of web.socketio as Odoo's RPC does, as the public user."""
        public = self.env.ref("base.public_user")
        try:
            call_kw(self.env["web.socketio"].with_user(public), method, ["test"], {})
        except AccessError:
            return "AccessError"
