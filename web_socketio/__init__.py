import sys
from importlib.util import find_spec

if find_spec("pgsocketio") is None:
    raise ModuleNotFoundError(
        "the addon web_socketio needs the Python package oe.web.socketio; "
        f"install it for {sys.executable}",
        name="pgsocketio",
    )

from . import live, models, wizard
from .hooks import uninstall_hook

__all__ = ["live", "models", "uninstall_hook", "wizard"]
