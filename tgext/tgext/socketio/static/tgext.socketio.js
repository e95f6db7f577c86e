/* tgext.socketio: the old call form of io.connect, and recovery after a reconnect. */
