from . import res_users, web_action_request
