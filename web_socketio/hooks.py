from pgsocketio.log import schema


def uninstall_hook(env):
    """Drop the message log and its functions; Odoo would leave them behind."""
    schema.uninstall(env.cr)
