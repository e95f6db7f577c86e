from . import test_realtime_item, test_realtime_live, test_realtime_publisher, test_realtime_secret
