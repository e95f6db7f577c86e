{
    "name": "Live Chat Rooms",
    "summary": "A chat between users: a namespace of its own, stored in a model",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_socketio"],
    "data": [
        "security/ir.model.access.csv",
        "data/web_chat_room.xml",
        "views/web_chat_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["web_chat/static/src/**/*"],
    },
}
