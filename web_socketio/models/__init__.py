from . import ir_http, web_socketio, web_socketio_live_mixin
