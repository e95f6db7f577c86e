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
            "web_longpolling/static/src/webclient/*.js",
        ],
        "web.assets_frontend": [
            "web_longpolling/static/src/*.js",
        ],
        "point_of_sale._assets_pos": [
            "web_longpolling/static/src/*.js",
        ],
    },
}
