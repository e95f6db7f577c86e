"""python-socketio with its defaults on gevent: ``python -m benchmarks.stock``; prints its port."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

from typing import Any  # noqa: E402

import socketio  # noqa: E402
from gevent import pywsgi  # noqa: E402

NAMESPACE = "/bench"


def main() -> None:
    """Serve for ever."""
    sio = socketio.Server(async_mode="gevent")

    @sio.on("connect", namespace=NAMESPACE)  # type: ignore[untyped-decorator]
    def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        pass

    @sio.on("publish", namespace=NAMESPACE)  # type: ignore[untyped-decorator]
    def publish(sid: str, value: Any) -> None:
        sio.emit("news", value, namespace=NAMESPACE)

    @sio.on("probe", namespace=NAMESPACE)  # type: ignore[untyped-decorator]
    def probe(sid: str) -> str:
        return ""

    server = pywsgi.WSGIServer(("127.0.0.1", 0), socketio.WSGIApp(sio), log=None, backlog=4096)
    server.start()
    print(server.server_port, flush=True)  # noqa: T201
    server.serve_forever()


main()
