"""Every use of what TurboGears does not document, in one place. Written for TurboGears 2.4 and 2.5.

An event is run by TurboGears' own chain of application wrappers (session, language, transaction
manager, and whatever the application registered), with the event where a controller would be.
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tg
from tg import request_local
from tg.controllers.decoratedcontroller import DecoratedController
from tg.predicates import NotAuthorizedError
from tg.request_local import Request
from tg.support.converters import asbool
from tg.support.registry import Registry
from tg.validation import TGValidationError, _ValidationStatus
from tg.wsgiapp import TGApp

from .errors import Invalid

logger = logging.getLogger("tgext.socketio")

LEFT_OUT = ("ErrorPageApplicationWrapper", "IdentityApplicationWrapper")
"""Wrappers that make no sense around an event: the one answers a failure with a page, the other
asks the database for the user, whom a socket knows already."""

_OF_ONE_REQUEST = (
    "beaker.get_session", "beaker.session", "paste.registry", "paste.testing",
    "paste.testing_variables", "tg.locals", "webob.adhoc_attrs", "wsgi.input",
)  # fmt: skip


class Application(TGApp):  # type: ignore[misc]
    """What of a TurboGears application surrounds an event.

    :param config: of the running application.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        wrappers = config.get("application_wrappers", [])
        kept = [(key, wrapper) for key, wrapper in wrappers if _name(wrapper) not in LEFT_OUT]
        super().__init__({**config, "application_wrappers": kept})
        self.config = config
        self._session = config.get("SQLASession") or config.get("DBSession")
        self._uses_ming = bool(config.get("use_ming"))

    def run(self, environ: dict[str, Any], identity: Any, function: Callable[[Any], Any]) -> Any:
        """Call a function with a fresh ``tg.request``, inside the application's wrappers.

        :param environ: of the request; it is changed.
        :param identity: what ``request.identity`` is, None where there is no authentication.
        :param function: gets TurboGears' context (``request``, ``response``, ``session`` …).
        :returns: what the function returned, and the response, whose headers wrappers may have set.
        """
        registry = environ["paste.registry"] = Registry()
        registry.prepare()
        result: list[Any] = []

        def controller(_environ: dict[str, Any], context: Any) -> Any:
            result[:] = [function(context)]
            return context.response

        try:
            _testing, context, _registry = self._setup_app_env(environ)
            context.request.identity = identity
            response = self.wrapped_dispatch(controller, environ, context)
            return result[0], response
        finally:
            environ.pop("tg.locals", None)
            self._remove_sessions()
            registry.cleanup()

    def _remove_sessions(self) -> None:
        """What TurboGears' middlewares do at the end of a request."""
        if self._session is not None:
            self._session.remove()
        if self._uses_ming:
            from ming.odm import ThreadLocalODMSession

            ThreadLocalODMSession.close_all()


def _name(wrapper: Any) -> str:
    return str(getattr(wrapper, "__name__", type(wrapper).__name__))


def keep_per_greenlet() -> None:
    """Keep the running request per greenlet, also where TurboGears was imported unpatched.

    It would be the request of another client after each wait, otherwise.
    """
    from gevent.local import local

    for proxy in (request_local.context, request_local.config):
        proxy.__dict__["____local__"] = local()


def lasting(environ: Mapping[str, Any]) -> dict[str, Any]:
    """What of a request's environ may outlive the request."""
    return {key: value for key, value in environ.items() if key not in _OF_ONE_REQUEST}


def context() -> Any:
    """The context of the running request: ``request``, ``response``, ``config``, ``session`` …"""
    return tg.request.environ["tg.locals"]


def new_request(environ: dict[str, Any], identity: Any) -> Any:
    """A request outside of any event, for what happens between them."""
    request = Request(environ)
    request.identity = identity
    return request


# -- decorators ----------------------------------------------------------------------------------


class Decorations:
    """What decorators of TurboGears registered on a method.

    :ivar validates: whether there is a ``@validate``.
    """

    __slots__ = ("_hooks", "_requirements", "validates")

    def __init__(self, decoration: Any) -> None:
        self._requirements = decoration.requirements
        self._hooks = decoration.hooks
        self.validates = bool(decoration.validations)

    def permit(self, environ: Mapping[str, Any]) -> bool:
        """Whether every ``@require`` is met."""
        for requirement in self._requirements:
            if requirement.predicate is None:
                return False
            try:
                requirement.predicate.check_authorization(environ)
            except NotAuthorizedError:
                return False
        return True

    def run_hooks(self, name: str, args: Sequence[Any]) -> None:
        """Call what was registered, but for ``@require``, which was checked before.

        :param name: ``before_validate`` or ``before_call``.
        """
        for hook in self._hooks[name]:
            if getattr(hook, "__self__", None) not in self._requirements:
                hook(tuple(args), {})


def decorations(method: Any) -> Decorations | None:
    """What TurboGears' decorators did to a method, None for a method without."""
    decoration = getattr(method, "decoration", None)
    return None if decoration is None else Decorations(decoration)


def validate(method: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Check and convert arguments as the method's ``@validate`` say.

    :raises Invalid: naming what is wrong.
    """
    running = context()
    running.request._fast_setattr("validation", _ValidationStatus())
    while True:
        try:
            checked: dict[str, Any] = DecoratedController._perform_validate(method, params, running)
            return checked
        except _validation_errors(running.config) as error:
            instance, handler, chained = DecoratedController._process_validation_errors(
                method, (), params, error, running
            )
            if not chained:
                own = _bound(handler, instance, method)
                raise Invalid(_explain(error), True, own) from error
            method = _bound(handler, instance, None)


def _validation_errors(config: Mapping[str, Any]) -> tuple[type[Exception], ...]:
    configured = config.get("validation.exceptions")
    if configured is None:  # TurboGears 2.4
        from tg.validation import validation_errors

        configured = validation_errors
    return tuple(configured)


def _bound(handler: Any, instance: Any, method: Any) -> Any:
    """The error handler as a method; None where TurboGears only hands the method itself back."""
    if handler is getattr(method, "__func__", None):
        return None
    return handler if inspect.ismethod(handler) else handler.__get__(instance)


def _explain(error: Exception) -> Any:
    errors = getattr(error, "error_dict", None)
    if isinstance(error, TGValidationError) or errors:
        return {k: str(v) for k, v in errors.items()} if errors else str(error)
    return str(error)


# -- transactions --------------------------------------------------------------------------------


def after_commit(config: Mapping[str, Any], function: Callable[[], Any]) -> bool:
    """Call a function when the running transaction commits.

    :returns: False where no transaction is managed: nobody will call it.
    """
    if not (_in_request() and _manages_transactions(config)):
        return False
    import transaction

    def hook(committed: bool) -> None:
        if committed:
            function()

    transaction.get().addAfterCommitHook(hook)
    return True


def _in_request() -> bool:
    try:
        return bool(tg.request.environ)
    except TypeError:
        return False


def _manages_transactions(config: Mapping[str, Any]) -> bool:
    wrappers = [_name(wrapper) for _key, wrapper in config.get("application_wrappers", [])]
    enabled = "TransactionApplicationWrapper" in wrappers and asbool(config.get("tm.enabled"))
    return bool(enabled) and importlib.util.find_spec("transaction") is not None
