"""Requests over HTTP that say what went wrong, each on a connection of its own."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from pgsocketio.errors import RealtimeError

PATIENCE = 10.0
"""Seconds to wait for an answer."""
LONGEST = 1_000_000
"""Bytes of an answer that are looked at."""

Headers = Mapping[str, str]


class Failed(RealtimeError):
    """A request did not get what it was for.

    :ivar status: of HTTP; None where there was no answer.
    :ivar body: beginning of the answer.
    """

    def __init__(self, text: str, status: int | None = None, body: str = "") -> None:
        super().__init__(text)
        self.status, self.body = status, body


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: Headers
    body: str


class Web:
    """A web server.

    :param url: scheme, host and port.
    :param cafile: PEM file with certificates to trust beside the system's.
    """

    def __init__(self, url: str, cafile: str | None = None) -> None:
        parts = urlsplit(url)
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.secure = parts.scheme == "https"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.secure else 80)
        self._context = ssl.create_default_context() if self.secure else None
        if self._context is not None and cafile:
            self._context.load_verify_locations(cafile)

    def connect(self, timeout: float) -> socket.socket:
        """A new connection, with TLS where the URL says so.

        :raises Failed: when there is none.
        """
        try:
            plain = socket.create_connection((self.host, self.port), timeout)
            if self._context is None:
                return plain
            return self._context.wrap_socket(plain, server_hostname=self.host)
        except ssl.SSLCertVerificationError as error:
            raise Failed(f"its certificate is not accepted: {error.verify_message}") from error
        except (OSError, UnicodeError) as error:
            raise Failed(f"no connection to {self.host}:{self.port}: {error}") from error

    def request(
        self, method: str, path: str, headers: Headers, body: str | None = None,
        timeout: float = PATIENCE,
    ) -> Answer:
        """Ask on a connection of its own; redirects are answers.

        :raises Failed: when nothing that is HTTP comes back in time.
        """
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        connection.sock = self.connect(timeout)
        try:
            connection.request(method, path, None if body is None else body.encode(), {**headers})
            response = connection.getresponse()
            text = response.read(LONGEST).decode("utf-8", "replace")
        except TimeoutError as error:
            raise Failed(f"no answer within {timeout:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"the connection ended: {error or type(error).__name__}") from error
        finally:
            connection.close()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
