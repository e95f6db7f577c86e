{
    "name": "Live Views",
    "summary": "Lists, kanbans and forms follow the changes that others make",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_socketio"],
    "data": [
        "views/res_partner_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["web_live_view/static/src/**/*"],
        "web.assets_unit_tests": ["web_live_view/static/tests/**/*"],
    },
}
