from . import test_web_live_view
