from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _web_notify(self, title, message, record=None):
        """Show a toast to these users once this transaction is committed.

        :param record: the toast gets a button that opens it
        """
        for user in self:
            self.env["web.socketio"].notify(
                "notification",
                to_id=user.id,
                title=title,
                message=message,
                res_model=record._name if record else False,
                res_id=record.id if record else False,
            )
