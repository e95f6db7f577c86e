"""Namespaces that the tests connect to."""

from __future__ import annotations

import sys
from typing import Any

from pgsocketio.errors import HandlerError
from pgsocketio.namespace import BaseNamespace


class Recorder(BaseNamespace):
    """Writes down what is called."""

    def initialize(self) -> None:
        self.calls: list[Any] = ["initialize"]

    def recv_connect(self) -> None:
        self.calls.append("recv_connect")

    def recv_disconnect(self) -> None:
        self.calls.append("recv_disconnect")

    def recv_message(self, data: Any) -> None:
        self.calls.append(("message", data))

    def recv_json(self, data: Any) -> None:
        self.calls.append(("json", data))

    def recv_error(self, packet: dict[str, Any]) -> None:
        self.calls.append(("error", packet["args"]))

    def on_my_event(self, *args: Any) -> int:
        self.calls.append(args)
        return len(self.calls)

    def on_packet(self, packet: dict[str, Any]) -> dict[str, Any]:
        return packet

    def on_pair(self, first: int, second: int = 2) -> tuple[int, int]:
        return first, second

    def on_nothing(self) -> None:
        pass

    def on_everything(self, *, key: str = "x") -> Any:
        return key

    def on_emit(self, *args: Any) -> None:
        self.emit(*args)

    def on_fail(self) -> None:
        raise ValueError("secret")

    def on_exit(self) -> None:
        sys.exit(1)

    def on_tell(self) -> None:
        raise HandlerError("not today", "UserError")

    def on_unsendable(self) -> Any:
        return {"thing": object()}
