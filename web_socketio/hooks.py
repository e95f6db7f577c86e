from pgsocketio.log import schema


def uninstall_hook(env):
    """Drop the message log, its functions and our parameters; Odoo would leave them behind."""
    schema.uninstall(env.cr)
    env["ir.config_parameter"].search([("key", "=like", "web\\_socketio.%")]).unlink()
