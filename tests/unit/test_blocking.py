"""What blocks the event loop is logged by name. In a process of its own: gevent patches it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
from gevent import monkey; monkey.patch_all()
import collections, logging, sys, time
import gevent
from pgsocketio.blocking import BlockingWatch

logging.basicConfig(stream=sys.stdout, format="%(message)s")
block = monkey.get_original("time", "sleep")

class Chat:
    def on_slow(self):
        deeper()

    def on_waiting(self):
        time.sleep(0.5)  # gives way

def deeper():
    block(0.5)

counters = collections.Counter()
watch = BlockingWatch(0.2, counters)
watch.start()
gevent.spawn(Chat().on_waiting).join()
for _ in range(3):  # the machine may pause at one time, and the thread that looks with it
    gevent.spawn(Chat().on_slow).join()
gevent.sleep(0.5)
watch.stop()
print(counters["blocked"], flush=True)
"""


def test_the_handler_that_blocks_is_named_and_the_one_that_waits_is_not() -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    *lines, count = result.stdout.splitlines()  # a slow machine may add some, with other names
    assert len(lines) == int(count)
    assert not [line for line in lines if "on_waiting" in line]
    named = re.compile(r"blocked for (0\.[5-9]|[1-9])\S* s by __main__\.(Chat\.)?on_slow")
    assert 1 <= len([line for line in lines if named.search(line)]) <= 3  # 3.10 names no class
