from odoo import models
from odoo.addons.base.models.res_users import check_identity


class ResUsers(models.Model):
    _inherit = "res.users"

    @check_identity
    def realtime_key_wizard(self):
        """Ask for the description and duration of an API key for the realtime server."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.description",
            "name": self.env._("New Realtime Key"),
            "views": [(self.env.ref("web_socketio.view_realtime_key_description").id, "form")],
            "target": "new",
        }
