from . import test_chat, test_rights
