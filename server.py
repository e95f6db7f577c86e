"""The realtime server: ``python server.py -d mydb``."""

from oe_web_socketio.cli import main

if __name__ == "__main__":
    main()
