"""``@validate``: what reaches the method, and what the client hears of what does not."""

from __future__ import annotations

from typing import Any

import formencode
import tg
from formencode import validators
from tg import MinimalApplicationConfigurator, validate
from tg.validation import Convert, TGValidationError
from tgext.socketio import SocketIOTGNamespace
from tgext.socketio.testing import SocketIOTestClient

from tests.tgext.unit.apps import connect, make_app


class Even:
    def to_python(self, value: Any, state: Any = None) -> Any:
        if value is None:
            raise TGValidationError("Missing")
        if value % 2:
            raise TGValidationError("Not even")
        return value


class Schema:
    def validate(self, params: dict[str, Any], state: Any = None) -> dict[str, Any]:
        if "number" not in params:
            raise TGValidationError("No number at all")
        return {"number": Even().to_python(params["number"]) * 10}


class FormSchema(formencode.Schema):  # type: ignore[misc]
    allow_extra_fields = True
    number = validators.Int(not_empty=True)


class Checked(SocketIOTGNamespace):
    @validate({"number": Even()})
    def on_even(self, number: int, other: Any = "default") -> list[Any]:
        return [number, other]

    @validate({"number": Convert(int, "No number")})
    def on_number(self, number: int) -> int:
        return number

    @validate({"other": Convert(str.upper, "No text")})
    @validate({"number": Even()})
    def on_stacked(self, number: int, other: str) -> list[Any]:
        return [number, other]

    @validate(Schema())
    def on_schema(self, number: int) -> int:
        return number

    @validate({"number": validators.Int()})
    def on_formencode(self, number: int) -> int:
        return number

    @validate(FormSchema())
    def on_form_schema(self, number: int) -> int:
        return number

    def sorry(self, number: Any) -> str:
        self.emit("sorry", number, str(tg.request.validation.errors["number"]))
        return "handled"

    @validate({"number": Even()}, error_handler=sorry)
    def on_handled(self, number: int) -> int:
        return number

    @validate({"number": Convert(lambda value: value["type"])})
    def on_converted(self, number: Any) -> Any:
        return number

    @validate({"number": type("Broken", (), {"to_python": lambda _self, value: value["type"]})()})
    def on_broken(self, number: Any) -> Any:
        return number


def refused(info: Any) -> list[tuple[str, Any]]:
    return [("invalid_method_args", info)]


def test_a_validator_per_argument() -> None:
    socket = connect(Checked)
    assert socket.emit("even", 2).ack == [2, "default"]
    assert socket.emit("even", 2, "given").ack == [2, "given"]
    assert socket.emit("even", 3).errors == refused({"number": "Not even"})
    assert socket.emit("even").errors == refused({"number": "Missing"})


def test_values_are_converted() -> None:
    assert connect(Checked).emit("number", "12").ack == 12


def test_stacked_decorators_all_count() -> None:
    socket = connect(Checked)
    assert socket.emit("stacked", 2, "a").ack == [2, "A"]
    assert socket.emit("stacked", 3, "a").errors == refused({"number": "Not even"})
    assert socket.emit("stacked", 2, 5).errors == refused({"other": "No text"})


def test_a_schema_for_all_arguments() -> None:
    socket = connect(Checked)
    assert socket.emit("schema", 4).ack == 40
    assert socket.emit("schema", 3).errors == refused("Not even")
    assert socket.emit("schema").errors == refused("No number at all")


def test_more_arguments_than_the_method_takes() -> None:
    text = '"even": too many positional arguments'
    assert connect(Checked).emit("even", 2, 3, 4).errors == refused(text)


def test_the_error_handler_is_called_with_what_the_client_sent() -> None:
    socket = connect(Checked)
    reply = socket.emit("handled", 3)
    assert (reply.events, reply.errors) == ([("sorry", 3, "Not even")], [])
    assert reply.ack == "handled"
    assert socket.emit("handled", 4).ack == 4


def test_a_validator_that_raises_something_else_is_an_internal_error() -> None:
    socket = connect(Checked)
    assert socket.emit("broken", 7).errors == [("internal_error", "Internal error")]
    assert socket.emit("broken", {"type": "ping"}).ack == "ping"


def formencode_socket() -> Any:
    if hasattr(tg.validation, "validation_errors"):  # TurboGears 2.4 knows FormEncode by itself
        return connect(Checked)
    from tgext.formencode import plugme

    class Configurator(MinimalApplicationConfigurator):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            plugme(self)

    import tests.tgext.unit.apps as apps

    plain, apps.MinimalApplicationConfigurator = apps.MinimalApplicationConfigurator, Configurator
    try:
        return SocketIOTestClient(make_app(test=Checked)).namespace("/test")
    finally:
        apps.MinimalApplicationConfigurator = plain


def test_formencode_validators_and_schemas() -> None:
    socket = formencode_socket()
    assert socket.emit("formencode", "5").ack == 5
    wrong = "Please enter an integer value"
    assert socket.emit("formencode", "x").errors == refused({"number": wrong})
    assert socket.emit("form_schema", "5").ack == 5
    assert socket.emit("form_schema", "x").errors == refused({"number": wrong})


def test_exception_handler_decorator_gets_validated_arguments_by_name() -> None:
    class Wrapped(SocketIOTGNamespace):
        def exception_handler_decorator(self, method: Any) -> Any:
            return lambda *args, **kwargs: [list(args), kwargs]

        @validate({"number": Convert(int)})
        def on_number(self, number: int) -> int:
            return number

    assert connect(Wrapped).emit("number", "3").ack == [[], {"number": 3}]


def test_hooks_that_decorators_registered_are_called() -> None:
    called = []

    class Hooked(SocketIOTGNamespace):
        @validate({"number": Convert(int)})
        def on_number(self, number: int) -> int:
            called.append("method")
            return number

    for name in ("before_validate", "before_call"):
        tg.hooks.register(
            name, lambda remainder, params, name=name: called.append(name),
            controller=Hooked.on_number,
        )  # fmt: skip
    connect(Hooked).emit("number", "3")
    assert called == ["before_validate", "before_call", "method"]
