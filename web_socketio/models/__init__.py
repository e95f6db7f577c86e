from . import (
    ir_config_parameter,
    ir_http,
    res_config_settings,
    res_users,
    res_users_apikeys,
    web_socketio,
    web_socketio_live_mixin,
    web_socketio_message,
    web_socketio_node,
    web_socketio_socket,
)
