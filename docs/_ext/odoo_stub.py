"""Lets autodoc import the addons of this repository where there is no Odoo.

``odoo.addons`` is the repository's root; what else the addons import of Odoo is mocked by autodoc.
"""

import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

ROOT = Path(__file__).resolve().parents[2]

MOCKED = [
    "odoo.addons.base", "odoo.api", "odoo.exceptions", "odoo.fields", "odoo.http", "odoo.models",
    "odoo.modules", "odoo.service", "odoo.sql_db", "odoo.tests", "odoo.tools.misc",
]  # fmt: skip


def _module(name: str, path: list[str], **content: object) -> None:
    module = ModuleType(name)
    module.__path__ = path
    vars(module).update(content)
    sys.modules[name] = module


def _function(name: str) -> object:
    """Any of Odoo's tools."""
    if name.startswith("__"):
        raise AttributeError(name)
    return MagicMock()


_module("odoo", [])
_module("odoo.addons", [str(ROOT)])
# Classes that the addons register with functools.singledispatch, which wants real ones.
_module("odoo.tools", [], LazyTranslate=lambda _module_name: str, __getattr__=_function)
_module("odoo.tools.func", [], lazy=type("lazy", (), {}))
_module("odoo.tools.translate", [], LazyGettext=type("LazyGettext", (), {}))
