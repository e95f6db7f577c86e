"""Buttons of Odoo that ask for the password first."""

from __future__ import annotations

from typing import Any

from tests.integration.site import Login


def press(user: Login, model: str, method: str, *args: Any) -> Any:
    """Press a button; answer the question for the password, which is the login."""
    action = user.call(model, method, *args)
    if not isinstance(action, dict) or action.get("res_model") != "res.users.identitycheck":
        return action
    context = {"password": user.login}
    return user.call(action["res_model"], "run_check", [action["res_id"]], context=context)
