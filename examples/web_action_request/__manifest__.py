{
    "name": "Ask a Colleague to Open an Action",
    "summary": "Open what you see on a colleague's screen, if the colleague agrees",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_socketio"],
    "data": [
        "security/ir.model.access.csv",
        "security/web_action_request_security.xml",
        "views/web_action_request_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["web_action_request/static/src/**/*"],
        "web.assets_unit_tests": ["web_action_request/static/tests/**/*"],
    },
}
