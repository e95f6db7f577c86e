from . import test_web_notification
