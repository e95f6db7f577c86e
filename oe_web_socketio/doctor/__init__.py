"""``oe_web_socketio doctor``: what is wrong between browser, proxy, Odoo, server and PostgreSQL.

Facts are gathered by ``installation``, ``database``, ``servers`` and ``address``; what they mean is
said by ``judge_*``, which are pure. ``link`` speaks Socket.IO, ``paste`` has the lines for proxies.
"""
