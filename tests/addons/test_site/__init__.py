from . import namespace
from .hooks import post_init_hook
