from . import my_addon_note
