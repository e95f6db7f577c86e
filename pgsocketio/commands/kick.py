"""Close the connections of clients, in whichever server they are.

Clients do not come back by themselves; a page that is loaded anew does. Prints how many were closed
by which server. Exit status: 0; 1 when nobody was meant; 2 when a server did not answer.
"""

from __future__ import annotations

import argparse
import getpass
import socket
import sys
from typing import Any

from pgsocketio import remote
from pgsocketio.errors import ConfigError
from pgsocketio.members import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sid", action="append", help="of a client; may be repeated")
    parser.add_argument("--user", help="id of a user, as 'sockets' shows it")
    parser.add_argument("--namespace", help="such as /chat; with --user: there only")
    parser.add_argument("--all", action="store_true", help="every client of the database")
    parser.add_argument(
        "--reason", default="closed by the administrator", help="what the clients are told"
    )


def _target(arguments: argparse.Namespace) -> Target:
    sids = tuple(arguments.sid) if arguments.sid else None
    target = Target(sids, arguments.user, arguments.namespace)
    if arguments.all == (target != Target()):
        raise ConfigError("say whom: --all, or --sid, --user, --namespace (all of which must fit)")
    return target


def run(connection: Any, arguments: argparse.Namespace) -> int:
    target = _target(arguments)
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    with connection.cursor() as cursor:
        answers = remote.kick(cursor, target, arguments.reason, by)
    if not answers:
        raise ConfigError("no server serves this database now")
    for answer in answers:
        text = "did not answer" if answer.result is None else f"{answer.result['closed']} closed"
        print(f"{answer.where}: {text}", file=sys.stdout if answer.result else sys.stderr)
    if any(answer.result is None for answer in answers):
        return 2
    return 0 if any(answer.result and answer.result["closed"] for answer in answers) else 1
