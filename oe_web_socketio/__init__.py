"""The launcher: finds Odoo, patches first, then boots it. Scripts ``oe`` and ``oe_web_socketio``.

It lies outside the addons because importing anything of an addon loads Odoo, unpatched.
"""
