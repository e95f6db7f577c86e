"""One HTTP connection: requests in order, answers in order, everything bounded in size and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from .errors import RequestError
from .http import Request, RequestParser, response_head
from .http_state import Handler, State
from .runtime import Runtime
from .stream import Stream

_FIXED_HEADERS: Final = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_LEAST_RATE: Final = 20_000  # bytes per second of a long body


_RECEIVING: Final = (State.IDLE, State.HEAD, State.BODY)


class HttpConnection:
    """Parses what a stream receives and writes answers.

    Args:
        runtime: shared parts.
        stream: the accepted connection.
        handler: who answers.

    ``on_over`` is called once if the current request ends without its handler's doing: the peer
    went away or was too slow. ``on_flushed`` is called when all that was written is taken.
    Answers are ignored once the connection is ``gone``.
    """

    __slots__ = ("_handler", "_parser", "_pending", "_running", "_runtime", "_state", "due",
                 "extra_headers", "on_flushed", "on_over", "stream")  # fmt: skip

    def __init__(self, runtime: Runtime, stream: Stream, handler: Handler) -> None:
        self._runtime = runtime
        self._handler = handler
        self._parser = RequestParser(runtime.settings)
        self._pending = b""
        self._running = False
        self._state = State.IDLE
        self.stream = stream
        self.due = -1
        self.extra_headers: tuple[tuple[str, str], ...] = ()
        self.on_over: Callable[[], None] | None = None
        self.on_flushed: Callable[[], None] | None = None
        runtime.timers.schedule(self, runtime.settings.header_timeout)

    @property
    def gone(self) -> bool:
        """Whether nothing can be answered any more."""
        return self._state in (State.GONE, State.LINGER) or self.stream.closed

    # from the stream and the timer

    def on_data(self, data: bytes) -> None:
        """Parse, or hold back what comes before the current request is answered."""
        if self._state is State.LINGER:
            return
        self._pending = self._pending + data if self._pending else data
        self._advance()
        busy = self._state in (State.BUSY, State.FLUSH)
        if busy and len(self._pending) > self._runtime.settings.max_header_size:
            self.stream.pause()  # pipelined requests wait in the kernel

    def on_end(self, clean: bool) -> None:
        """The peer ended; a half-closed one still takes an answer that is under way."""
        waits = self._state in (State.BUSY, State.FLUSH) and self.on_over is None
        if not (clean and waits):
            self._close()

    def on_drain(self) -> None:
        """All is taken: wake the writer, or go on."""
        if self.on_flushed is not None:
            self.on_flushed()
        if self._state is State.FLUSH:
            self._next()
        elif self._state is State.LINGER:
            self._end()

    def on_time(self) -> None:
        """Too slow: say so if a request was under way."""
        if self._state in (State.HEAD, State.BODY):
            self._refuse(RequestError("request took too long", 408, "slow request"))
        else:
            self._close(reset=self.stream.unsent > 0)

    # requests

    def _advance(self) -> None:
        """Work through what has arrived, up to a request that is answered later."""
        if self._running:
            return
        self._running = True
        try:
            while self._pending and self._state in _RECEIVING:
                self._step()
        except RequestError as error:
            self._refuse(error)
        finally:
            self._running = False

    def _step(self) -> None:
        data, self._pending = self._pending, b""
        if self._state is State.IDLE:
            self._state = State.HEAD
            self._limit_time(self._runtime.settings.header_timeout)
        self._pending = self._parser.feed(data)
        request = self._parser.request
        if request is not None and self._state is State.HEAD:
            self._state = State.BODY
            self._begin_body(request)
        if request is not None and self._state is State.BODY and self._parser.complete:
            self._state = State.BUSY
            self._runtime.timers.cancel(self)
            self._handler.on_request(self, request)

    def _begin_body(self, request: Request) -> None:
        limit = self._handler.on_head(self, request)
        if limit is None:
            return
        self._parser.accept_body(limit)
        if not self._parser.complete:
            seconds = self._runtime.settings.body_timeout + (request.length or 0) / _LEAST_RATE
            self._limit_time(seconds)
            if request.expects_continue:
                self.stream.write(_CONTINUE)

    # answers

    def respond(
        self,
        status: int,
        body: bytes = b"",
        content_type: str = "text/plain; charset=UTF-8",
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answer the current request."""
        fields = [*_FIXED_HEADERS, *self.extra_headers, *headers]
        if status != 204:
            fields += [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        self.write(self.head(status, fields) + (b"" if self.is_head else body))
        self.finish()

    @property
    def is_head(self) -> bool:
        """Whether the current request is a HEAD, whose answer has no body."""
        request = self._parser.request
        return request is not None and request.method == "HEAD"

    @property
    def _keeps_alive(self) -> bool:
        request = self._parser.request
        return (
            request is not None
            and request.keep_alive
            and request.length is not None  # what follows chunks is not looked at
            and self._parser.complete
        )

    def head(self, status: int, headers: list[tuple[str, str]], keep: bool = True) -> bytes:
        """Return a response head, Connection added.

        Args:
            keep: False if only the end of the connection will end the body.
        """
        request = self._parser.request
        if not (keep and self._keeps_alive):
            headers.append(("Connection", "close"))
        elif request is not None and not request.http11:
            headers.append(("Connection", "keep-alive"))
        return response_head(status, headers)

    def write(self, data: bytes) -> None:
        """Write a piece of an answer."""
        if not self.gone:
            self.stream.write(data)

    def finish(self, keep: bool = True) -> None:
        """The answer is complete (keep), or given up: go on with the next request, or close."""
        self.on_over = self.on_flushed = None
        self.extra_headers = ()
        if self.gone:
            return
        if not (keep and self._keeps_alive):
            self._linger()
            return
        self._parser = RequestParser(self._runtime.settings)
        if self.stream.unsent:
            self._state = State.FLUSH
            self._limit_time(self._runtime.settings.body_timeout)
        else:
            self._next()

    def _next(self) -> None:
        self._state = State.IDLE
        self._limit_time(self._runtime.settings.keep_alive_timeout)
        self.stream.start(self)
        self._advance()

    def _refuse(self, error: RequestError) -> None:
        self._runtime.refused(error.rule, "a request", self.stream.peer[0], error)
        self._over()
        self._parser.complete = False  # whatever follows cannot be trusted
        headers = [("Sec-WebSocket-Version", "13")] if error.status == 426 else []
        self.respond(error.status, str(error).encode(), headers=headers)

    # the end

    def _limit_time(self, seconds: float) -> None:
        self._runtime.timers.schedule(self, seconds)

    def _linger(self) -> None:
        """End our side and wait for the peer's: closing at once could cost it the answer."""
        self._state = State.LINGER
        self._pending = b""
        self.stream.start(self)
        if self.stream.unsent:
            self._limit_time(self._runtime.settings.body_timeout)
        else:
            self._end()

    def _end(self) -> None:
        self.stream.end()
        self._limit_time(self._runtime.settings.close_timeout)

    def _over(self) -> None:
        over, self.on_over = self.on_over, None
        if over is not None:
            over()

    def _close(self, reset: bool = False) -> None:
        self._state = State.GONE
        self._runtime.timers.cancel(self)
        self.stream.close(reset)
        self._over()
        if self.on_flushed is not None:
            self.on_flushed()

    def hand_over(self) -> tuple[Stream, bytes]:
        """Give up the stream, for a WebSocket; returns it and what was received beyond the head."""
        self._state = State.GONE
        self._runtime.timers.cancel(self)
        pending, self._pending = self._pending, b""
        return self.stream, pending
