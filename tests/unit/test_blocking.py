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
    block(1)

counters = collections.Counter()
watch = BlockingWatch(0.2, counters)
watch.start()
gevent.spawn(Chat().on_waiting).join()
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
    (line,) = [line for line in lines if "on_slow" in line]
    assert "__main__.Chat.on_slow" in line or "__main__.on_slow" in line  # Python 3.10 has no class
    assert re.search(r"blocked for [1-9]", line)
