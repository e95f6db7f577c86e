from . import test_on
