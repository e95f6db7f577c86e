from . import res_users, web_notification
