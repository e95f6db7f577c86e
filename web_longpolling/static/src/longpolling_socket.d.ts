import { SocketIO } from "@web_socketio/socketio";

/** The one `SocketIO` of `/longpolling`, shared by every addon. */
export const longpollingSocketService: {
    dependencies: ["socketio"];
    start(env: any): SocketIO;
};
