"""Adapters, good and bad, all on the channel 'test'."""

from collections import Counter

from odoo.addons.web_socketio.session import AbstractAdapter

asked = Counter()
"""How often ``get`` of an indexed adapter was called, by first argument."""


class TestAdapter(AbstractAdapter):
    channel = "test"


class Whole(TestAdapter):
    """Every message, as the hub has it."""


class Topic(TestAdapter):
    """The messages of one topic."""

    def get(self, messages, topic):
        return [message for message in messages if message["values"].get("topic") == topic]

    def format(self, message, topic):
        return message["values"]


class Indexed(TestAdapter):
    """As Topic, routed by a declared key."""

    index = "topic"

    def get(self, messages, topic, least=0):
        asked[topic] += 1
        return [message for message in messages if message["values"].get("n", 0) >= least]

    def format(self, message, topic, least=0):
        return {"n": message["values"].get("n"), "topic": topic}


class RaisingGet(Topic):
    def get(self, messages, topic):
        raise RuntimeError("get() failed on purpose")


class ForeignGet(Topic):
    def get(self, messages, topic):
        return [dict(message) for message in super().get(messages, topic)]


class RaisingFormat(Topic):
    def format(self, message, topic):
        if message["values"].get("bad"):
            raise RuntimeError("format() failed on purpose")
        return message["values"]


class ObjectFormat(Topic):
    def format(self, message, topic):
        return {"object": object()} if message["values"].get("bad") else message["values"]


class ChangingGet(Topic):
    def get(self, messages, topic):
        for message in messages:
            message["values"]["topic"] = "stolen"
        return messages


ADAPTERS = {
    adapter.__name__: adapter
    for adapter in (
        Whole, Topic, Indexed, RaisingGet, ForeignGet, RaisingFormat, ObjectFormat, ChangingGet
    )
}
