from . import test_my_addon
