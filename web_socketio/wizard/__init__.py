from . import web_socketio_test
