"""``on``: what may be bound to the shared namespace."""

from odoo.addons.web_longpolling.namespace import LongPollingNameSpace, on
from odoo.addons.web_socketio.session import AbstractAdapter
from odoo.addons.web_socketio.web_socketio import SocketIO, addon_of
from odoo.tests import BaseCase, tagged


class Adapter(AbstractAdapter):
    channel = "test"


class Nameless(AbstractAdapter):
    pass


@tagged("post_install", "-at_install")
class TestOn(BaseCase):
    def setUp(self):
        super().setUp()
        before = list(LongPollingNameSpace.handlers)
        self.addCleanup(LongPollingNameSpace.handlers.__setitem__, slice(None), before)
        LongPollingNameSpace.handlers.clear()

    def bind(self, *args, **kwargs):
        @LongPollingNameSpace.on(*args, **kwargs)
        def function(session):
            """Bound."""

        return function

    def test_the_namespace_is_registered(self):
        self.assertIs(SocketIO.namespaces["/longpolling"], LongPollingNameSpace)
        self.assertEqual(on, LongPollingNameSpace.on)

    def test_a_function_stays_what_it_was(self):
        function = self.bind("event", adapterClass=Adapter, eventtype="connect")
        self.assertEqual(function.__doc__, "Bound.")
        (handler,) = LongPollingNameSpace.handlers
        self.assertIs(handler.function, function)
        self.assertEqual(
            (handler.event, handler.adapter, handler.eventtype), ("event", Adapter, "connect")
        )

    def test_several_functions_on_one_event_keep_their_order(self):
        functions = [self.bind("event") for _ in range(3)]
        self.assertEqual([h.function for h in LongPollingNameSpace.handlers], functions)

    def test_there_are_three_event_types(self):
        for eventtype in ("on", "connect", "disconnect"):
            self.bind("event", eventtype=eventtype)
        with self.assertRaisesRegex(ValueError, "eventtype is one of .* not 'message'"):
            self.bind("event", eventtype="message")

    def test_an_adapter_is_a_class_that_names_its_channel(self):
        for wrong, message in (
            (Adapter(), "no subclass"), (dict, "no subclass"), (Nameless, "names no channel"),
        ):
            with self.assertRaisesRegex(TypeError, message):
                self.bind("event", adapterClass=wrong)
        self.assertEqual(LongPollingNameSpace.handlers, [])

    def test_a_handler_belongs_to_its_addon(self):
        self.assertEqual(addon_of(self.bind("event")), "web_longpolling")
        self.assertIsNone(addon_of(len))
