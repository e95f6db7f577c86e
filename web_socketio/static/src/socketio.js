import { connection } from "./connection";

/** How long an emit waits for a connection, and then for its answer, in milliseconds. */
const TIMEOUT = 60_000;

/**
 * A namespace of the realtime server.
 *
 *     const socket = new SocketIO("/chat");
 *     socket.on("message", (message) => …);
 *     const id = await socket.emit("post", "hello");
 *
 * All instances of a page share one connection; each has handlers of its own. Besides the server's
 * events there are: `connect` (the session is valid; at once if it is already), `reconnect`,
 * `disconnect` (reason), `refused` (reason; nothing more will come), `recovered`
 * (`{recovered: false}`: messages were missed, read your state again) and `error`.
 */
export class SocketIO {
    /**
     * @param {string} namespace such as `/chat`
     * @param {Object} [options]
     * @param {number} [options.timeout=60000] of an emit, in milliseconds
     * @param {string} [options.since] position of the state that the page shows (Python:
     *  `env["web.socketio"].position()`): what was published after it is delivered, too
     * @param {boolean} [options.lazy=false] connect at the first use instead of at once
     */
    constructor(namespace, { timeout = TIMEOUT, since = null, lazy = false } = {}) {
        this.namespace = namespace;
        this.timeout = timeout;
        this._handlers = []; // {event, callback, handler}
        this._channel = null;
        this._since = since;
        if (!lazy) {
            this.connect();
        }
    }

    /** @returns {boolean} whether the server knows this page's session */
    get connected() {
        return Boolean(this._channel?.ready);
    }

    /**
     * Joins the connection; whatever uses a namespace does so by itself.
     *
     * @returns {SocketIO} this
     */
    connect() {
        this._join();
        return this;
    }

    /**
     * Calls `callback` at each `event`. The server's request for an acknowledgement is answered when
     * every callback has returned (its Promise is awaited); if one throws, the server sends the
     * messages again, to that callback only. An event that comes before its first handler waits for
     * it (at most 200 events, 60 seconds).
     *
     * @param {string} event
     * @param {(...args: any[]) => any} callback
     * @returns {SocketIO} this
     */
    on(event, callback) {
        return this._add(event, callback, (...args) => callback(...args));
    }

    /**
     * Like `on`, for the next event only.
     *
     * @param {string} event
     * @param {(...args: any[]) => any} callback
     * @returns {SocketIO} this
     */
    once(event, callback) {
        return this._add(event, callback, (...args) => {
            this.off(event, callback);
            return callback(...args);
        });
    }

    /**
     * Ends what `on` or `once` of this instance began.
     *
     * @param {string} [event] all without it
     * @param {Function} [callback] all of the event without it
     * @returns {SocketIO} this
     */
    off(event, callback) {
        const leaves = (entry) =>
            (!event || entry.event === event) && (!callback || entry.callback === callback);
        for (const entry of this._handlers.filter(leaves)) {
            this._channel.remove(entry.event, entry.handler);
        }
        this._handlers = this._handlers.filter((entry) => !leaves(entry));
        return this;
    }

    /**
     * Calls `on_<event>` of the namespace on the server.
     *
     * @param {string} event
     * @param {...any} args JSON values; a function at the end is called with the answer
     * @returns {Promise<any>} what the method returned
     * @throws {import("./errors").SocketIOError} the server's exception, `ConnectionError` or
     *  `TimeoutError`
     */
    async emit(event, ...args) {
        const callback = typeof args.at(-1) === "function" ? args.pop() : null;
        const answer = await this._join().request(event, args, this.timeout);
        callback?.(answer);
        return answer;
    }

    /** Ends this instance's part in the connection, and all its handlers. */
    disconnect() {
        if (this._channel) {
            this.off();
            connection.leave(this._channel);
            this._channel = null;
        }
    }

    _add(event, callback, handler) {
        this._handlers.push({ event, callback, handler });
        this._join().add(event, handler);
        return this;
    }

    /** A SocketIO that was disconnected comes back when it is used again. */
    _join() {
        if (!this._channel) {
            this._channel = connection.join(this.namespace, this._since);
            this._since = null; // of the page's first state, which a later join does not start from
        }
        return this._channel;
    }
}
