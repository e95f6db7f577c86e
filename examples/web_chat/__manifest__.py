{
    "name": "Live Chat Rooms",
    "summary": "Rooms to talk in: who is there, who types, what is unread",
    "version": "19.0.1.1.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_socketio"],
    "data": [
        "security/ir.model.access.csv",
        "security/web_chat_security.xml",
        "data/web_chat_room.xml",
        "views/web_chat_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["web_chat/static/src/**/*"],
        "web.assets_unit_tests": ["web_chat/static/tests/**/*"],
    },
}
