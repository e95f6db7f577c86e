"""Applications around a namespace."""

from __future__ import annotations

from typing import Any

from tg import MinimalApplicationConfigurator, TGController, expose
from tg.configuration.auth import TGAuthMetadata
from tgext.socketio import SocketIOController
from tgext.socketio.testing import SocketIOTestClient, TestSocket


class Metadata(TGAuthMetadata):
    """Knows two users, and counts how often it was asked for one."""

    groups = {"ann": ["managers"], "bob": []}

    def __init__(self) -> None:
        self.asked = 0

    def get_user(self, _identity: Any, userid: str) -> Any:
        self.asked += 1
        return {"name": userid} if userid in self.groups else None

    def get_groups(self, _identity: Any, userid: str) -> list[str]:
        return self.groups[userid]


def make_app(metadata: Metadata | None = None, /, config: Any = (), **attributes: Any) -> Any:
    """A minimal application with a SocketIOController that has these attributes.

    :param metadata: who may log in; None: no authentication.
    :param config: options, as in ``[app:main]``.
    """
    controller = type("SocketIO", (SocketIOController,), attributes)

    class RootController(TGController):
        socketio = controller()

        @expose()
        def index(self) -> str:
            return "the application's page"

    configurator = MinimalApplicationConfigurator()
    if metadata is not None:
        from tg.appwrappers.identity import IdentityApplicationWrapper

        configurator.register_application_wrapper(IdentityApplicationWrapper)
        configurator.update_blueprint({"sa_auth.authmetadata": metadata})
    configurator.update_blueprint({"root_controller": RootController(), **dict(config)})
    return configurator.make_wsgi_app({}, {})


def connect(namespace: type, identity: Any = None, **config: Any) -> TestSocket:
    """Connect to a namespace in an application of its own."""
    client = SocketIOTestClient(make_app(config=config, test=namespace))
    return client.namespace("/test", identity=identity)
