from . import ir_http, web_socketio
