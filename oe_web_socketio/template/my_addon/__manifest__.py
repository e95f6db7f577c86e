{
    "name": "My Addon",
    "summary": "Notes that pop up on a colleague's screen",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "Your Name",
    "depends": ["web_socketio"],
    "data": [
        "security/ir.model.access.csv",
        "security/my_addon_security.xml",
        "views/my_addon_note_views.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "my_addon/static/src/**/*",
        ],
        "web.assets_unit_tests": [
            "my_addon/static/tests/**/*",
        ],
    },
}
