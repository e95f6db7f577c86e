{
    "name": "Web LongPolling",
    "summary": "One shared socket per client, and handlers bound to it with a decorator",
    "version": "19.0.0.1.0",
    "category": "Technical",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_socketio"],
    "assets": {
        "web.assets_backend": [
            "web_longpolling/static/src/*.js",
        ],
    },
}
