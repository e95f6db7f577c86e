"""Writers that commit as fast as they can; run by ``odoo shell`` for ``benchmarks.publishing``.

Reads a JSON object from the environment variable WRITERS:

- ``work``: "row" (an UPDATE by SQL) or "partner" (a write of res.partner)
- ``writers``, ``seconds``, ``rounds``
- ``result``: path of the file for {way: [commits per second of each round]}
"""

import json
import os
import time

from odoo import api, sql_db

env = globals()["env"]  # given by odoo shell
SETTINGS = json.loads(os.environ["WRITERS"])
WARM_UP = 0.5  # seconds


def row(own, number, turn):
    """Update a row of one's own."""
    own.cr.execute("UPDATE bench_publishing SET turn = %s WHERE id = %s", [turn, number])


def partner(own, number, turn):
    """Write a record of one's own."""
    own["res.partner"].browse(PARTNERS[number]).write({"phone": f"+32 {turn}"})


def no_message(own, turn):
    """Business alone."""


def one_message(own, turn):
    """As ORM code publishes: NOTIFY after COMMIT."""
    own["web.socketio"].notify("bench", n=turn)


def notify_inside(own, turn):
    """As SQL publishes: NOTIFY in the transaction."""
    own.cr.execute("SELECT web_socketio_notify('bench', jsonb_build_object('n', %s))", [turn])


WORK = {"row": row, "partner": partner}[SETTINGS["work"]]
WAYS = (no_message, one_message, notify_inside)


def prepare():
    """Make a row or record for each writer; returns the ids of the records."""
    count = SETTINGS["writers"]
    partners = env["res.partner"].create([{"name": f"Partner {i}"} for i in range(count)])
    env.cr.execute("DROP TABLE IF EXISTS bench_publishing")
    env.cr.execute("CREATE TABLE bench_publishing (id int PRIMARY KEY, turn int)")
    env.cr.execute("INSERT INTO bench_publishing SELECT i, 0 FROM generate_series(0, 99) i")
    env.cr.commit()
    return partners.ids


def write(way, number, start):
    """One writer; returns its commits per second."""
    sql_db._Pool = None  # a connection belongs to one process, and those there are the parent's
    with sql_db.db_connect(env.cr.dbname).cursor() as cr:
        own = api.Environment(cr, env.uid, {})
        turn = commits = 0
        end = start + WARM_UP + SETTINGS["seconds"]
        while (now := time.monotonic()) < end:
            turn += 1
            WORK(own, number, turn)
            way(own, turn)
            cr.commit()
            commits += now >= start + WARM_UP
    return commits / SETTINGS["seconds"]


def fork(way, number, start):
    """Start a writer as a process; returns where its result can be read."""
    readable, writable = os.pipe()
    if os.fork():
        os.close(writable)
        return readable
    try:
        os.write(writable, json.dumps(write(way, number, start)).encode())
    finally:
        os._exit(0)  # nothing of the parent's is to be cleaned up here


def commits_per_second(way):
    """Of all writers together."""
    start = time.monotonic() + 1.0
    results = [fork(way, number, start) for number in range(SETTINGS["writers"])]
    total = 0.0
    for readable in results:
        with open(readable, "rb") as pipe:
            total += json.load(pipe)
        os.wait()
    return total


PARTNERS = prepare()
rates = {way.__name__: [] for way in WAYS}
for _ in range(SETTINGS["rounds"]):
    for way in WAYS:
        rates[way.__name__].append(commits_per_second(way))
with open(SETTINGS["result"], "w", encoding="utf-8") as result:
    json.dump(rates, result)
