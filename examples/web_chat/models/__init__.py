from . import web_chat_message, web_chat_room
