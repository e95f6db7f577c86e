{
    "name": "Notify a Colleague",
    "summary": "A toast on the screen of the user you choose, the moment you send it",
    "version": "19.0.1.1.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_longpolling"],
    "data": [
        "security/ir.model.access.csv",
        "security/web_notification_security.xml",
        "wizard/web_notification_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["web_notification/static/src/**/*"],
        "web.assets_unit_tests": ["web_notification/static/tests/**/*"],
    },
}
