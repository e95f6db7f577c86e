from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

PATIENCE = timedelta(minutes=5)
"""After this a request is over; nobody is asked any more what mattered earlier."""
MAX_PER_MINUTE = 5
"""Requests that one user may make."""
MAX_WAITING = 2
"""Requests of one user that wait for the answer of the same colleague."""
KEPT = timedelta(days=30)


class WebActionRequest(models.Model):
    _name = "web.action.request"
    _description = "Request to Open an Action"
    _order = "id desc"
    _rec_name = "reason"

    to_id = fields.Many2one(
        "res.users", "Colleague", required=True, index=True, ondelete="cascade",
        domain="[('share', '=', False), ('id', '!=', uid)]",
    )
    reason = fields.Char(size=200)
    action_id = fields.Many2one("ir.actions.act_window", "Window Action", ondelete="cascade")
    res_model = fields.Char("Model")
    res_id = fields.Many2oneReference("Record", model_field="res_model")
    state = fields.Selection(
        [("pending", "Waits"), ("accepted", "Accepted"), ("refused", "Refused")],
        default="pending", required=True, readonly=True,
    )

    @api.constrains("to_id", "action_id", "res_model", "res_id")
    def _check_target(self):
        for request in self:
            if bool(request.action_id) == bool(request.res_id):
                raise ValidationError(self.env._("A request is for a window action or a record."))
            if request.res_id and request.res_model not in self.env:
                raise ValidationError(self.env._("There is no model %s.", request.res_model))
            if request.to_id == request.create_uid or not request.to_id._is_internal():
                raise ValidationError(self.env._("A request is for a colleague."))

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create([{**vals, "state": "pending"} for vals in vals_list])
        requests._check_rate()
        for request in requests:
            request._check_rights_of(self.env.user)
            request._check_rights_of(request.to_id)
            request._tell(request.to_id)
        return requests

    def _check_rate(self):
        """Nobody is to be pestered.

        :raise UserError: beyond the bounds
        """
        now, mine = self.env.cr.now(), [("create_uid", "=", self.env.uid)]
        lately = [*mine, ("create_date", ">", now - timedelta(minutes=1))]
        if self.sudo().search_count(lately) > MAX_PER_MINUTE:
            raise UserError(self.env._("You ask too often; wait a minute."))
        waiting = [*mine, ("state", "=", "pending"), ("create_date", ">", now - PATIENCE)]
        for colleague in self.to_id:
            if self.sudo().search_count([*waiting, ("to_id", "=", colleague.id)]) > MAX_WAITING:
                text = self.env._("%s has not answered your last requests yet.", colleague.name)
                raise UserError(text)

    def _check_rights_of(self, user):
        """Make sure that a user may open what the request is for.

        :raise AccessError: naming the user
        """
        target = self._target().with_user(user)
        groups = self.sudo().action_id.group_ids
        allowed = not groups or groups & user.sudo().all_group_ids
        if not (allowed and target.exists() == target and target.has_access("read")):
            raise AccessError(self.env._("%s may not open this.", user.name))

    def _target(self):
        """Return the record, or the model of the window action without any."""
        model = self.sudo().action_id.res_model or self.res_model
        return self.env[model].browse(self.res_id or [])

    def _is_open(self):
        """Whether the colleague can still answer."""
        return self.state == "pending" and self.create_date > self.env.cr.now() - PATIENCE

    def _tell(self, user):
        """Let a user's pages know; they ask for the rest with rights of their own."""
        self.env["web.socketio"].notify("web_action_request", to_id=user.id, request_id=self.id)

    @api.model
    def waiting(self):
        """Return the requests that wait for this user, and where to go on from."""
        mine = self.search([("to_id", "=", self.env.uid), ("state", "=", "pending")], order="id")
        return {
            "ids": mine.filtered(lambda request: request._is_open()).ids,
            "position": self.env["web.socketio"].position(),
        }

    def _describe(self):
        """Return what one of the two users' pages shows, in that user's words and rights."""
        self.ensure_one()
        self.check_access("read")
        asked = self.to_id == self.env.user
        return {
            "is_open": self._is_open(),
            "state": self.state,
            "asked": asked,
            "who": self.sudo().create_uid.name if asked else self.to_id.name,
            "what": self.sudo().action_id.name or self._target().display_name,
            "reason": self.reason,
        }

    def _answer(self, accepted):
        """Take the answer of the colleague, and tell it to both.

        :return: the action that the colleague's page is to open, False after a refusal
        :raise UserError: when it comes too late, or was given on another page
        """
        self.ensure_one()
        if self.to_id != self.env.user:
            raise AccessError(self.env._("It is not you who was asked."))
        if not self._is_open():
            raise UserError(self.env._("This request is over."))
        if accepted:
            self._check_rights_of(self.env.user)
        self.sudo().state = "accepted" if accepted else "refused"
        for user in self.sudo().create_uid | self.to_id:
            self._tell(user)
        return self._action() if accepted else False

    def _action(self):
        """Return what the web client opens: an id, or a form; never what a client made up."""
        if self.action_id:
            return self.sudo().action_id.id
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    @api.autovacuum
    def _gc_old(self):
        self.search([("create_date", "<", self.env.cr.now() - KEPT)]).unlink()
