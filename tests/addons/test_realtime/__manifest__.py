{
    "name": "Test: everything a server can be asked",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["web_longpolling"],
    "data": ["security/ir.model.access.csv", "security/test_realtime_live.xml"],
    "post_init_hook": "post_init_hook",
}
