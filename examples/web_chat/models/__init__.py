from . import web_chat_connection, web_chat_member, web_chat_message, web_chat_room
