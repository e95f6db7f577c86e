from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _web_request_action(self, record=None, action=None, reason=False):
        """Ask these users to open a record or an action; they are asked after COMMIT.

        :param record: opened in its form
        :param str action: xml id of a window action, instead of a record
        :param str reason: shown with the question
        :return: the requests, whose ``state`` tells the answers
        :raise ValueError: for an action of another kind
        """
        target = {}
        if action:
            window_action = self.env.ref(action)
            if window_action._name != "ir.actions.act_window":
                raise ValueError(f"{action} is not a window action")
            target["action_id"] = window_action.id
        if record:
            target.update(res_model=record._name, res_id=record.id)
        requests = [{"to_id": user.id, "reason": reason, **target} for user in self]
        return self.env["web.action.request"].create(requests)
