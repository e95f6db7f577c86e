"""What surrounds an event: transaction, database session, session, language; fresh each time."""

from __future__ import annotations

import types
from typing import Any

import pytest
import tg
import transaction
import zope.sqlalchemy
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool
from tg import FullStackApplicationConfigurator, TGController, expose
from tgext.socketio import SocketIOController
from tgext.socketio.pubsub import PubSubTGNamespace
from tgext.socketio.testing import SocketIOTestClient
from webtest import TestApp

from tests.tgext.unit.apps import connect

Base = declarative_base()


class Note(Base):  # type: ignore[misc, valid-type]
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    text = Column(String, nullable=False)


class Notes(PubSubTGNamespace):
    def subscribe_notes(self) -> None:
        """Itself."""

    def on_add(self, text: Any) -> int:
        self.model.DBSession.add(Note(text=text))
        self.publish("notes", text)
        return int(self.model.DBSession.query(Note).count())

    def on_add_and_fail(self, text: str) -> None:
        self.on_add(text)
        raise RuntimeError("after all")

    def on_add_and_doom(self, text: str) -> None:
        self.on_add(text)
        transaction.doom()

    def on_add_nothing(self) -> None:
        self.publish("notes", "nothing")
        self.model.DBSession.add(Note(text=None))

    def on_remember(self, word: str) -> None:
        tg.session["word"] = word
        tg.session.save()

    def on_recall(self) -> Any:
        return tg.session.get("word")

    def on_session_object(self) -> int:
        return id(self.model.DBSession())

    model: Any = None


class Root(TGController):  # type: ignore[misc]
    @expose()
    def word(self) -> str:
        return str(tg.session.get("word"))


@pytest.fixture
def model() -> Any:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    session = scoped_session(sessionmaker(bind=engine))
    zope.sqlalchemy.register(session)
    return types.SimpleNamespace(DBSession=session, init_model=lambda _engine: None, engine=engine)


@pytest.fixture
def app(model: Any, tmp_path: Any) -> Any:
    namespace = type("Notes", (Notes,), {"model": model})
    root = Root()
    root.socketio = type("SocketIO", (SocketIOController,), {"notes": namespace})()
    configurator = FullStackApplicationConfigurator()
    configurator.update_blueprint({
        "root_controller": root, "use_sqlalchemy": True, "model": model, "renderers": ["json"],
        "default_renderer": "json", "session.enabled": True, "session.type": "file",
        "session.data_dir": str(tmp_path), "sqlalchemy.url": "sqlite://", "i18n.enabled": True,
        "anypubsub.backend": "memory",
    })  # fmt: skip
    return TestApp(configurator.make_wsgi_app({"debug": "false"}, {}))


@pytest.fixture
def socket(app: Any) -> Any:
    return SocketIOTestClient(app).namespace("/notes")


def texts(model: Any) -> list[str]:
    with model.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT text FROM note ORDER BY id")]


def test_an_event_that_returns_is_committed(socket: Any, model: Any) -> None:
    assert socket.emit("add", "one").ack == 1
    assert socket.emit("add", "two").ack == 2
    assert texts(model) == ["one", "two"]


def test_an_event_that_raises_is_aborted_and_the_next_works(socket: Any, model: Any) -> None:
    reply = socket.emit("add and fail", "one")
    assert reply.errors == [("internal_error", "Internal error")]
    assert texts(model) == []
    socket.emit("add", "two")
    assert texts(model) == ["two"]


def test_an_event_whose_commit_fails_is_told(socket: Any, model: Any) -> None:
    reply = socket.emit("add nothing")
    assert (reply.errors, reply.ack) == ([("internal_error", "Internal error")], None)
    assert socket.emit("add", "next").ack == 1


def test_a_doomed_transaction_is_aborted(socket: Any, model: Any) -> None:
    socket.emit("add and doom", "one")
    assert texts(model) == []


def test_what_was_published_leaves_with_the_commit(socket: Any) -> None:
    socket.emit("subscribe", "notes")
    assert ("pubblication", "one") in socket.emit("add", "one").events
    assert socket.emit("add and fail", "two").events == []
    assert socket.emit("add and doom", "three").events == []
    assert socket.emit("add nothing").events == []


def test_the_database_session_is_removed_after_each_event(socket: Any, model: Any) -> None:
    socket.emit("add", "one")
    assert not model.DBSession.registry.has()


def test_the_session_is_saved_and_kept_for_the_socket(socket: Any) -> None:
    socket.emit("remember", "hello")
    assert socket.emit("recall").ack == "hello"


def test_the_session_is_the_one_of_the_browser(app: Any) -> None:
    first = SocketIOTestClient(app).namespace("/notes")
    first.emit("remember", "by socket")
    cookie = first._client.connection.data.server._visitors[
        first._client.connection.sid
    ].environ["HTTP_COOKIE"]  # fmt: skip
    assert app.get("/word", headers={"Cookie": cookie}).text == "by socket"
    second = SocketIOTestClient(app).namespace("/notes", HTTP_COOKIE=cookie)
    assert second.emit("recall").ack == "by socket"


def test_two_sockets_share_nothing(app: Any) -> None:
    client = SocketIOTestClient(app)
    one, other = client.namespace("/notes"), client.namespace("/notes")
    one.emit("remember", "mine")
    assert other.emit("recall").ack is None


def test_without_transaction_manager_a_publication_leaves_at_once() -> None:
    class Plain(PubSubTGNamespace):
        def subscribe_news(self) -> None:
            """Itself."""

        def on_say_and_fail(self) -> None:
            self.publish("news", 1)
            raise RuntimeError

    socket = connect(Plain, **{"anypubsub.backend": "memory"})
    socket.emit("subscribe", "news")
    assert ("pubblication", 1) in socket.emit("say and fail").events
