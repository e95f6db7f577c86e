"""The proxies of docs/conf as they are, but for ports and certificates."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.servers import Apache, Nginx, Server
from tests.support.tls import Certificate
from tools.paths import ROOT
from tools.processes import free_ports

CONF = ROOT / "docs" / "conf"
SUB_PATH = "/realtime/socket.io/"
KINDS = ("nginx", "apache")

Edit = Callable[[str], str]


class Front:
    """A site with TLS: Odoo and the realtime server behind one proxy.

    :ivar origin: as a browser sees it.
    """

    def __init__(
        self, kind: str, folder: Path, certificate: Certificate, odoo: int, realtime: Sequence[int],
        edit: Edit = lambda text: text,
    ) -> None:
        """Start the proxy.

        :param kind: one of :data:`KINDS`
        :param folder: for its files; its name names the log
        :param odoo: port of Odoo, for its own bus too
        :param realtime: ports of the realtime servers
        :param edit: breaks the documented file for a test
        """
        self.certificate = certificate
        self.http, self.https, other = free_ports(3)
        text, modules = (_nginx if kind == "nginx" else _apache)(len(realtime) > 1)
        text = edit(text)
        for documented, real in {
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.https} ssl;",
            "*:80": f"127.0.0.1:{self.http}",
            "*:443": f"127.0.0.1:{self.https}",
            "127.0.0.1:8069": f"127.0.0.1:{odoo}",
            "127.0.0.1:8072": f"127.0.0.1:{odoo}",
            "127.0.0.1:8068": f"127.0.0.1:{realtime[0]}",
            "127.0.0.1:8078": f"127.0.0.1:{realtime[-1]}",
            "/etc/ssl/certs/odoo.example.com.pem": str(certificate.certificate),
            "/etc/ssl/private/odoo.example.com.key": str(certificate.key),
        }.items():
            text = text.replace(documented, real)
        folder.mkdir(parents=True, exist_ok=True)
        self.server: Server
        if kind == "nginx":
            self.server = Nginx(folder, "return 404;", text, other)
        else:
            self.server = Apache(folder, text, (self.http, self.https), modules)
        self.origin = f"https://localhost:{self.https}"

    def close(self) -> None:
        """End the proxy."""
        self.server.close()


def _read(name: str) -> str:
    return (CONF / name).read_text(encoding="utf-8")


def _nginx(several: bool) -> tuple[str, list[str]]:
    """The whole site with a sub-path, as its comments say how to put it together."""
    text, _, _ = _read("nginx.conf").rstrip().rpartition("}")
    if several:
        text, count = re.subn(r"upstream realtime \{.*?\}", _read("nginx-several.conf"), text,
                              flags=re.DOTALL)
        assert count == 1
    return f"{text}\n{_read('nginx-sub-path.conf')}\n}}\n", []


def _apache(several: bool) -> tuple[str, list[str]]:
    """The whole site with a sub-path, and the modules that the comments name."""
    before, last, after = _read("apache.conf").partition("    ProxyPass / ")
    assert last
    text = f"{before}{_read('apache-sub-path.conf')}{last}{after}"
    if several:
        others = _read("apache-several.conf")
        text, count = re.subn(r".*ProxyPass /socket\.io/ .*", lambda _: others, text)
        assert count == 1
    modules = [line for line in text.splitlines() if "a2enmod " in line]
    return text, [name for line in modules for name in line.split("a2enmod ")[1].split()]
