import { registry } from "@web/core/registry";
import { UncaughtPromiseError } from "@web/core/errors/error_service";

/**
 * What an `emit` rejects with.
 *
 * `name` is that of the server's exception (`UserError`, `AccessError`, …), or one of ours:
 * `ConnectionError` (no connection, or lost before the answer), `TimeoutError` (no answer in time).
 */
export class SocketIOError extends Error {
    /**
     * @param {string} name
     * @param {string} message in the user's language when it comes from the server
     */
    constructor(name, message) {
        super(message);
        this.name = name;
    }

    /** Whether it tells of the network, not of what was asked. */
    get isNetwork() {
        return this.name === "ConnectionError" || this.name === "TimeoutError";
    }

    /**
     * @param {Error | {name: string, message: string}} reason of socket.io-client, or the server's
     * @returns {SocketIOError}
     */
    static from(reason) {
        if (!(reason instanceof Error)) {
            return new SocketIOError(reason.name || "Error", reason.message || String(reason));
        }
        const name = /timed out/.test(reason.message) ? "TimeoutError" : "ConnectionError";
        return new SocketIOError(name, reason.message);
    }
}

/** An emit that nobody awaits must not open Odoo's crash dialog: this shows what a user can read. */
function socketIOErrorHandler(env, error, originalError) {
    if (!(error instanceof UncaughtPromiseError) || !(originalError instanceof SocketIOError)) {
        return false;
    }
    error.unhandledRejectionEvent.preventDefault();
    if (originalError.isNetwork) {
        console.debug("web_socketio:", originalError.message);
    } else {
        env.services.notification.add(originalError.message, { type: "danger" });
    }
    return true;
}

registry
    .category("error_handlers")
    .add("web_socketio", socketIOErrorHandler, { sequence: 96 });
