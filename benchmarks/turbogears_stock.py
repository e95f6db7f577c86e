"""The examples' events on python-socketio with its defaults: ``python -m
benchmarks.turbogears_stock``; prints its port."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

from typing import Any  # noqa: E402

import socketio  # noqa: E402
from gevent import pywsgi  # noqa: E402


class PingPong(socketio.Namespace):  # type: ignore[misc]
    """As examples/tg_pingpong."""

    def on_ping(self, sid: str, attack: dict[str, str]) -> None:
        sound = "bang!" if attack["type"] == "fireball" else "pong"
        for _ in range(10 if attack["type"] == "fireball" else 1):
            self.emit("pong", {"sound": sound}, to=sid)


class Chat(socketio.Namespace):  # type: ignore[misc]
    """As examples/tg_chat, with the rooms of the server itself."""

    def on_subscribe(self, sid: str, _channel: str, room: str) -> None:
        self.enter_room(sid, room)
        self.save_session(sid, {"room": room})
        self.emit("userid", sid, to=sid)

    def on_user_message(self, sid: str, message: Any) -> None:
        room = self.get_session(sid)["room"]
        self.emit("pubblication", {"uid": sid, "message": message}, room=room)


def main() -> None:
    """Serve for ever."""
    sio = socketio.Server(async_mode="gevent")
    sio.register_namespace(PingPong("/pingpong"))
    sio.register_namespace(Chat("/chat"))
    app = socketio.WSGIApp(sio, socketio_path="socketio")
    server = pywsgi.WSGIServer(("127.0.0.1", 0), app, log=None, backlog=4096)
    server.start()
    print(server.server_port, flush=True)  # noqa: T201
    server.serve_forever()


main()
