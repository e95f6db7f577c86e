from . import models, namespace, typing_namespace
