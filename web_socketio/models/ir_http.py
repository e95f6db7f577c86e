from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        info = super().session_info()
        info["web_socketio"] = self.env["web.socketio"].session_info()
        return info
