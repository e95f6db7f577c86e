from odoo import api, fields, models

_MEBIBYTE = 2**20


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    web_socketio_url = fields.Char(
        "URL of the Realtime Server", config_parameter="web_socketio.url",
        help="As browsers reach it. Empty: behind the same address as Odoo, at /socket.io. "
        "A port, such as 8068: on the host of the page.",
    )  # fmt: skip
    web_socketio_retention = fields.Float(
        "Messages Are Kept For", help="In hours. A client that is away for longer is told so."
    )
    web_socketio_max_size = fields.Integer(
        "Maximum Size of the Log", help="In MiB. Beyond it the oldest messages go earlier."
    )
    web_socketio_max_sockets = fields.Integer(
        "Listed Clients", help="Per server; those beyond are counted only."
    )

    @api.model
    def get_values(self):
        values = super().get_values()
        self.env.cr.execute(
            """
            SELECT extract(epoch FROM (settings->>'retention')::interval)::float8 / 3600,
                   (settings->>'max_size')::bigint, (settings->>'max_sockets')::integer
            FROM web_socketio_configure() AS settings
            """
        )
        hours, size, sockets = self.env.cr.fetchone()
        return {
            **values,
            "web_socketio_retention": hours,
            "web_socketio_max_size": size // _MEBIBYTE,
            "web_socketio_max_sockets": sockets,
        }

    def set_values(self):
        before, settings = self.get_values(), {}
        if round(self.web_socketio_retention, 2) != round(before["web_socketio_retention"], 2):
            settings["retention"] = f"{round(self.web_socketio_retention * 3600)} seconds"
        if self.web_socketio_max_size != before["web_socketio_max_size"]:
            settings["max_size"] = self.web_socketio_max_size * _MEBIBYTE
        if self.web_socketio_max_sockets != before["web_socketio_max_sockets"]:
            settings["max_sockets"] = self.web_socketio_max_sockets
        if settings:
            self.env["web.socketio"]._configure(settings)
        return super().set_values()
