/** What a function of 2013 is given; anything else of `web` throws. */
interface OpenERPInstance {
    web: {
        SocketIO: typeof import("@web_socketio/socketio").SocketIO;
        /** With the addon web_longpolling. */
        longpolling_socket: import("@web_socketio/socketio").SocketIO;
    };
}

/** `openerp.my_addon = function (instance) {…}` is called once, when Odoo's services are started. */
declare const openerp: Record<string, (instance: OpenERPInstance) => void>;
