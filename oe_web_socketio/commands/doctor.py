"""Look for what is wrong between browser, proxy, Odoo, realtime server and PostgreSQL.

It opens connections through the public address as a browser does, with a session that it makes for
an administrator and deletes again; it publishes a message that only servers hear, and changes
nothing. Run it as Odoo's user, with Odoo's conf file. Exit status: 0 all is well, 1 there are
warnings, 2 there are errors.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable

from oe_web_socketio import console
from oe_web_socketio.doctor import examine, finding
from pgsocketio.engine.origin import parse_origin
from pgsocketio.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url", help="address that users type for Odoo, such as https://erp.example.com; default: "
        "Odoo's parameter web.base.url",
    )  # fmt: skip
    parser.add_argument("--login", help="of a user for the session; default: an administrator")
    parser.add_argument(
        "--cafile", help="PEM file with certificates to trust beside the system's"
    )
    parser.add_argument(
        "--no-wait", action="store_true",
        help="do not wait for the server's ping (25 s), which shows time-outs of proxies",
    )  # fmt: skip
    parser.add_argument("--listen-dsn", help="that the server was given, if not in the conf file")
    parser.add_argument("--json", action="store_true", help="one JSON object, at the end")
    console.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look, and say what was found.

    :returns: 0, 1 or 2.
    :raises ConfigError: for an address that is none.
    """
    if arguments.url and parse_origin(arguments.url) is None:
        raise ConfigError("--url: it takes an address such as https://erp.example.com")
    found: list[finding.Finding] = []
    findings = examine.examine(arguments)
    if arguments.json:
        found.extend(findings)
        print(finding.as_json(found))  # noqa: T201  it is what the command says
    else:
        _show(findings, found)
    return finding.status(found)


def _show(findings: Iterable[finding.Finding], found: list[finding.Finding]) -> None:
    """Show each as it is found: some take their time."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    text = finding.Text(shutil.get_terminal_size((100, 24)).columns, colour)
    for each in findings:
        found.append(each)
        print("\n".join(text.lines(each)), flush=True)  # noqa: T201
    print(f"\n{finding.summary(found)}")  # noqa: T201
