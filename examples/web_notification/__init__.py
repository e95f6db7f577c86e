from . import models, namespace
