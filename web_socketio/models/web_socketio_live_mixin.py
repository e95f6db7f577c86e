from odoo import api, fields, models
from odoo.tools import split_every

from ..live import CHANNEL, PAGE_KEY

MAX_IDS = 1_000
"""Ids in one message; a transaction that changes more publishes several."""
MAX_PAGE = 64
"""Characters of what a page calls itself."""


class WebSocketIOLiveMixin(models.AbstractModel):
    """Records that pages follow: what a transaction creates, changes and deletes is told.

    ::

        class ResPartner(models.Model):
            _name = "res.partner"
            _inherit = ["res.partner", "web.socketio.live.mixin"]

    Only ids and the date leave, never values: who follows reads again, with rights of its own.
    Told is each change of a stored field, of a computed one too; not what plain SQL does.
    """

    _name = "web.socketio.live.mixin"
    _description = "Live Records"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._live_note("changed")
        return records

    def write(self, vals):
        self._live_note("changed")
        return super().write(vals)

    def _write_multi(self, vals_list):
        """Where the ORM writes rows: here what was computed from other records comes by."""
        self._live_note("changed")
        return super()._write_multi(vals_list)

    def unlink(self):
        self._live_note("deleted")
        return super().unlink()

    def _live_note(self, kind):
        """Note ids, to be published at the end of the transaction or savepoint.

        Odoo flushes before a savepoint begins, and drops what is noted when it is rolled back.
        """
        precommit = self.env.cr.precommit
        if CHANNEL not in precommit.data:
            precommit.data[CHANNEL] = {"page": None, "models": {}}
            precommit.add(self._live_publish)
        noted = precommit.data[CHANNEL]
        page = self.env.context.get(PAGE_KEY)
        if isinstance(page, str):
            noted["page"] = page[:MAX_PAGE]
        noted["models"].setdefault(self._name, {}).update(dict.fromkeys(self._ids, kind))

    def _live_publish(self):
        """Publish what was noted, at most 1,000 ids of a model in a message."""
        noted = self.env.cr.precommit.data.pop(CHANNEL)
        about = {"write_date": fields.Datetime.to_string(self.env.cr.now()), "page": noted["page"]}
        for model, kinds in noted["models"].items():
            for ids in split_every(MAX_IDS, kinds):
                changes = {
                    kind: [number for number in ids if kinds[number] == kind]
                    for kind in ("changed", "deleted")
                }
                self.env["web.socketio"].notify(CHANNEL, model=model, **changes, **about)
