import { onWillDestroy } from "@odoo/owl";
import { SocketIO } from "./socketio";

/**
 * A namespace for the life of the calling component: its handlers end with the component.
 *
 * @param {string} namespace
 * @param {Object} [options] of `SocketIO`
 * @returns {SocketIO}
 */
export function useSocketIO(namespace, options) {
    const socket = new SocketIO(namespace, options);
    onWillDestroy(() => socket.disconnect());
    return socket;
}
