"""Handlers on the shared namespace /longpolling."""

import time

from odoo.addons.test_realtime.adapters import Topic
from odoo.addons.test_realtime.namespace import log
from odoo.addons.web_longpolling.namespace import LongPollingNameSpace, on

restarts = []


@LongPollingNameSpace.on("uid topic", adapterClass=Topic, eventtype="connect")
def follow_own_topic(session):
    """The loop of 2013."""
    log.append(["handler started", session.uid])
    try:
        while True:
            messages = session.listen(f"uid-{session.uid}")
            session.secure_emit("own topic", messages)
    finally:
        log.append(["handler ended", session.uid])


@on("fragile topic", Topic, "connect")
def follow_fragile_topic(session):
    while True:
        for message in session.listen("fragile"):
            if message.get("boom") and message["boom"] not in restarts:
                restarts.append(message["boom"])
                raise RuntimeError("handler failed on purpose")
            session.emit("fragile topic", message)


@on("greet", eventtype="connect")
def greet(session):
    session.emit("greeting", session.uid)


@on("goodbye", eventtype="disconnect")
def goodbye(session):
    log.append(["goodbye", session.uid])


@on("goodbye", eventtype="disconnect")
def failing_goodbye(session):
    raise RuntimeError("goodbye failed on purpose")


@on("add numbers")
def add_numbers(session, first, second):
    session.emit("added", first + second)
    return first + second


@on("add numbers")
def log_numbers(session, first, second):
    log.append(["numbers", session.uid, first, second])


@on("whole topic", adapterClass=Topic)
def follow_on_demand(session, topic):
    """A handler with an adapter runs as a job."""
    while True:
        session.emit("whole topic", topic, session.listen(topic, timeout=5))


@on("refuse")
def refuse(session, kind):
    return session.model("test.realtime.item").refuse(kind)


@on("slow")
def slow(session, seconds):
    time.sleep(seconds)
    return "slept"


@on("handler log")
def handler_log(session):
    return log
