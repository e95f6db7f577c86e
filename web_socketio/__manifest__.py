{
    "name": "Web SocketIO",
    "summary": "Realtime for Odoo: PostgreSQL NOTIFY to the browser over Socket.IO, and back",
    "version": "19.0.0.1.0",
    "category": "Technical",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web"],
    "external_dependencies": {"python": ["oe.web.socketio"]},
    "data": [
        "data/ir_cron.xml",
    ],
    "assets": {
        "web.assets_backend": [
            ("prepend", "web_socketio/static/src/openerp.js"),
            "web_socketio/static/lib/socket.io/socket.io.min.js",
            "web_socketio/static/src/*.js",
        ],
        "web.assets_unit_tests": [
            "web_socketio/static/tests/*.test.js",
        ],
    },
    "uninstall_hook": "uninstall_hook",
}
