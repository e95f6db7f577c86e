"""One Odoo HTTP server for all databases of the integration tests: logins and remote calls."""

from __future__ import annotations

import json
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.servers import OdooServer, odoo_login
from tools.odoo import OdooInstance

TIMEOUT = 60.0  # seconds; the first request loads a registry


class RemoteError(Exception):
    """Odoo answered a remote call with an error.

    :ivar name: of the exception, such as ``odoo.exceptions.AccessError``
    """

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["data"]["message"])
        self.name = error["data"]["name"]


@dataclass(frozen=True)
class Login:
    """A user's session in one database."""

    site: Site
    db: str
    login: str
    session_id: str

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method as the web client does, over JSON-RPC.

        :raises RemoteError: when Odoo does
        """
        response = requests.post(
            f"{self.site.url}/web/dataset/call_kw/{model}/{method}",
            json={"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
            cookies={"session_id": self.session_id}, timeout=TIMEOUT,
        )
        answer = response.json()
        if "error" in answer:
            raise RemoteError(answer["error"])
        return answer.get("result")

    def publish(self, *steps: list[Any]) -> Any:
        """Run one transaction of the test addon's publisher in Odoo's HTTP worker."""
        return self.call("test.realtime.publisher", "run", list(steps))

    @property
    def file(self) -> Path:
        """Where Odoo keeps this session."""
        return self.site.session_file(self.session_id)

    @property
    def stored(self) -> dict[str, Any]:
        """What Odoo stored of it."""
        stored = json.loads(self.file.read_text(encoding="utf-8"))
        assert isinstance(stored, dict)
        return stored

    def uid(self) -> int:
        """The user's id."""
        return int(self.stored["uid"])

    def change(self, **values: Any) -> None:
        """Change it as Odoo does: a new file in place of the old one."""
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps({**self.stored, **values}), encoding="utf-8")
        new.replace(self.file)

    def logout(self) -> None:
        """Log out as the web client does."""
        requests.get(
            f"{self.site.url}/web/session/logout", cookies={"session_id": self.session_id},
            timeout=TIMEOUT, allow_redirects=False,
        ).raise_for_status()


class Site(OdooServer):
    """Odoo's HTTP server, open for every database."""

    def __init__(self, instance: OdooInstance, db: str) -> None:
        super().__init__(instance, db, "--db-filter", ".*", "--proxy-mode")
        self._sessions = instance.folder / "data" / "sessions"
        self._logins: dict[tuple[str, str], Login] = {}

    def user(self, login: str, db: str | None = None) -> Login:
        """A user's session, the same one each time."""
        db = db or self.db
        if (db, login) not in self._logins:
            self._logins[db, login] = self.new_login(login, db)
        return self._logins[db, login]

    def new_login(self, login: str, db: str | None = None, password: str | None = None) -> Login:
        """A session of its own."""
        db = db or self.db
        return Login(self, db, login, odoo_login(self.url, db, login, password or login))

    def new_user(self, login: str, db: str | None = None, group: str = "group_user") -> Login:
        """Create a user whose password is the login, and log in.

        :param group: of base: ``group_user``, ``group_portal`` …
        """
        admin = self.user("admin", db)
        _model, group_id = admin.call("ir.model.data", "check_object_reference", "base", group)
        values = {"login": login, "name": login.title(), "password": login,
                  "group_ids": [(6, 0, [group_id])]}
        admin.call("res.users", "create", [values], context={"no_reset_password": True})
        return self.new_login(login, db)

    def session_file(self, session_id: str) -> Path:
        """Where Odoo keeps a session: in a folder named by the id's first two characters."""
        return self._sessions / session_id[:2] / session_id

    def authenticate(self, login: str, secret: str, db: str | None = None) -> Any:
        """Log in over XML-RPC by password or key; return the uid, or False."""
        common = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/common", allow_none=True)
        return common.authenticate(db or self.db, login, secret, {})

    def xmlrpc(self, db: str, login: str, model: str, method: str, *args: Any) -> Any:
        """Call a method over XML-RPC.

        :raises xmlrpc.client.Fault: when Odoo refuses
        """
        uid = self.authenticate(login, login, db)
        objects = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/object", allow_none=True)
        return objects.execute_kw(db, uid, login, model, method, args)
