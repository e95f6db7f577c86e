from . import handlers, models, namespace
from .hooks import post_init_hook
