from pgsocketio.log import schema

from .compat_auth import SCOPE


def uninstall_hook(env):
    """Drop what Odoo would leave: the message log with its functions, our parameters and keys."""
    schema.uninstall(env.cr)
    env["ir.config_parameter"].search([("key", "=like", "web\\_socketio.%")]).unlink()
    env["res.users.apikeys"].search([("scope", "=", SCOPE)]).unlink()
