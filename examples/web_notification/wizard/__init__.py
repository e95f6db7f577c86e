from . import web_notification
