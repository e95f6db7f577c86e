from . import ir_config_parameter, ir_http, web_socketio, web_socketio_live_mixin
