{
    "name": "Web SocketIO",
    "summary": "Realtime for Odoo: PostgreSQL NOTIFY to the browser over Socket.IO, and back",
    "version": "19.0.0.1.0",
    "category": "Technical",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web"],
    # With hyphens: for a name with dots Odoo needs the package packaging, which may be missing.
    "external_dependencies": {"python": ["oe-web-socketio"]},
    "data": [
        "security/ir.model.access.csv",
        "data/ir_cron.xml",
        "views/web_socketio_views.xml",
        "wizard/web_socketio_test_views.xml",
        "views/res_config_settings_views.xml",
        "views/menus.xml",
        "views/res_users_views.xml",
    ],
    "assets": {
        "web_socketio.assets_client": [
            # Point of Sale depends on us as little as we on it: whose files come first is open.
            "web/static/src/module_loader.js",
            "web_socketio/static/lib/socket.io/socket.io.min.js",
            "web_socketio/static/src/*.js",
        ],
        "web.assets_backend": [
            ("prepend", "web_socketio/static/src/openerp.js"),
            ("include", "web_socketio.assets_client"),
            "web_socketio/static/src/webclient/*",
        ],
        "web.assets_frontend": [
            ("prepend", "web_socketio/static/src/openerp.js"),
            ("include", "web_socketio.assets_client"),
        ],
        "point_of_sale._assets_pos": [
            ("prepend", "web_socketio/static/src/openerp.js"),
            ("include", "web_socketio.assets_client"),
        ],
        "web.assets_unit_tests": [
            "web_socketio/static/tests/*.js",
        ],
    },
    "uninstall_hook": "uninstall_hook",
}
