import json

from odoo import api, models


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

    def _do_commit(self):
        self.env.cr.commit()

    def _do_rollback(self):
        self.env.cr.rollback()

    def _do_fail(self):
        raise RuntimeError("failed on purpose")

    def _do_position(self):
        return self.env["web.socketio"].position()
