{
    "name": "Test: the JavaScript of 2013",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_notification"],
    "assets": {
        "web.assets_backend": ["test_openerp_2013/static/src/**/*"],
    },
}
