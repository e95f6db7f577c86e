from odoo import fields, models


class WebNotification(models.TransientModel):
    _name = "web.notification"
    _description = "Notify a Colleague"

    to_id = fields.Many2one(
        "res.users", "To", required=True, domain=[("share", "=", False)], ondelete="cascade"
    )
    title = fields.Char(required=True)
    message = fields.Char(required=True)
    res_model = fields.Char(default=lambda self: self.env.context.get("active_model"))
    res_id = fields.Many2oneReference(
        model_field="res_model", default=lambda self: self.env.context.get("active_id")
    )

    def action_send(self):
        for wizard in self:
            record = self.env[wizard.res_model].browse(wizard.res_id) if wizard.res_id else None
            wizard.to_id._web_notify(wizard.title, wizard.message, record)
        return {"type": "ir.actions.act_window_close"}
