from . import models, namespace, wizard
