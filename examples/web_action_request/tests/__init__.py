from . import test_web_action_request
