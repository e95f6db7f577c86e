from odoo import api, models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        info = super().session_info()
        info["web_socketio"] = self.env["web.socketio"].session_info()
        return info

    @api.model
    def get_frontend_session_info(self):
        """No position: such a page may come from a cache, and asks for what it shows itself."""
        info = super().get_frontend_session_info()
        info["web_socketio"] = self.env["web.socketio"].server_info()
        return info
