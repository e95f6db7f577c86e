from . import namespace

__all__ = ["namespace"]
