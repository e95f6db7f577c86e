{
    "name": "Test: website and portal pages",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["website", "web_longpolling"],
    "assets": {
        "web.assets_frontend": ["test_site/static/src/**/*"],
    },
    "post_init_hook": "post_init_hook",
}
