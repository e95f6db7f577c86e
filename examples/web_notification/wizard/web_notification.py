from odoo import api, fields, models
from odoo.exceptions import ValidationError


class WebNotification(models.TransientModel):
    _name = "web.notification"
    _description = "Notify a Colleague"

    to_id = fields.Many2one(
        "res.users", "Colleague", required=True, domain=[("share", "=", False)], ondelete="cascade"
    )
    title = fields.Char(required=True, size=100)
    message = fields.Char(required=True, size=500)
    res_model = fields.Char("Model", default=lambda self: self.env.context.get("active_model"))
    res_id = fields.Many2oneReference(
        "Record", model_field="res_model",
        default=lambda self: self.env.context.get("active_id"),
    )

    @api.constrains("to_id", "res_model", "res_id")
    def _check_target(self):
        for wizard in self:
            if not wizard.to_id._is_internal():
                raise ValidationError(self.env._("A notification is for a colleague."))
            if wizard.res_id and wizard.res_model not in self.env:
                raise ValidationError(self.env._("There is no model %s.", wizard.res_model))

    def action_send(self):
        for wizard in self:
            wizard.to_id._web_notify(wizard.title, wizard.message, wizard._record())
        return {"type": "ir.actions.act_window_close"}

    def _record(self):
        """Return the record to show, which the sender has to be able to read; or None."""
        if not self.res_id:
            return None
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        return record
