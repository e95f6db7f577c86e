from odoo import models
from odoo.addons.base.models.res_users import check_identity

from ..compat_auth import SCOPE


class ResUsersApikeysDescription(models.TransientModel):  # pylint: disable=no-wizard-in-models
    _inherit = "res.users.apikeys.description"

    @check_identity
    def make_realtime_key(self):
        """Generate an API key that is good for the realtime server only, and show it."""
        self.check_access_make_key()
        description = self.sudo()
        key = self.env["res.users.apikeys"]._generate(
            SCOPE, description.name, self.expiration_date
        )
        description.unlink()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.show",
            "name": self.env._("Realtime Key Ready"),
            "views": [(self.env.ref("web_socketio.view_realtime_key_show").id, "form")],
            "target": "new",
            "context": {"default_key": key},
        }
