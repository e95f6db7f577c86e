import { browser } from "@web/core/browser/browser";
import { SocketIOError } from "./errors";
import { Inbox } from "./inbox";

/** Version of docs/protocol.md that this addon speaks. */
const PROTOCOL = 1;
const RESERVED = "web_socketio:";
/** Emits that may wait for a connection. */
const MAX_WAITING = 100;

/** One namespace of the page's connection, shared by every `SocketIO` of that namespace. */
export class Channel {
    /**
     * @param {Object} manager of socket.io-client
     * @param {string} namespace
     * @param {import("./position").PositionKeeper} keeper
     * @param {() => number[]} companies gives the ids of the user's selected companies
     * @param {import("@odoo/owl").EventBus} bus of the connection
     */
    constructor(manager, namespace, keeper, companies, bus) {
        this.bus = bus;
        this.namespace = namespace;
        this.keeper = keeper;
        this.companies = companies;
        this.inbox = new Inbox(namespace, keeper);
        this.waiting = new Set(); // emits that wait for the session
        this.ready = false;
        this.refusal = null;
        this.closing = null; // the reason that the server gave for a DISCONNECT
        this.connections = 0;
        // a function, so that each CONNECT carries the newest position
        const auth = (send) =>
            send({ v: PROTOCOL, allowed_company_ids: companies(), ...keeper.auth });
        this.socket = manager.socket(namespace);
        this.socket.auth = auth;
        this.socket.on("disconnect", (reason) => this._disconnected(reason));
        this.socket.on("connect_error", (error) => this._failed(error));
        this.socket.onAny((event, ...args) => this._receive(event, args));
    }

    open() {
        this.socket.connect();
    }

    /** Leaves for good: what comes meanwhile is not asked for later. */
    close() {
        this.socket.removeAllListeners().offAny().disconnect();
        this._lose("the page left this namespace");
        this.inbox.close();
        this.keeper.forget();
    }

    /** Adds a handler; one of `connect` is called at once where that lies in the past. */
    add(event, handler) {
        this.inbox.add(event, handler);
        if (event === "connect" && this.ready) {
            this.inbox.call(handler, event, []);
        }
    }

    remove(event, handler) {
        this.inbox.remove(event, handler);
    }

    /** Tells the server which companies the user selected; a CONNECT carries them anyway. */
    selectCompanies() {
        if (this.ready) {
            this.socket.emit("allowed company ids", this.companies());
        }
    }

    /**
     * @param {string} event
     * @param {any[]} args
     * @param {number} timeout in milliseconds, for each of connecting and answering
     * @returns {Promise<any>} what the server's handler returned
     */
    async request(event, args, timeout) {
        await this._whenReady(timeout);
        return new Promise((resolve, reject) => {
            this.socket.timeout(timeout).emit(event, ...args, (lost, error, value) => {
                const reason = lost || error;
                reason ? reject(SocketIOError.from(reason)) : resolve(value);
            });
        });
    }

    _whenReady(timeout) {
        if (this.ready) {
            return Promise.resolve();
        }
        if (this.refusal || this.waiting.size >= MAX_WAITING) {
            const why = this.refusal || "too many requests wait for the connection";
            return Promise.reject(new SocketIOError("ConnectionError", why));
        }
        return new Promise((resolve, reject) => {
            const waiter = (why) => {
                browser.clearTimeout(timer);
                this.waiting.delete(waiter);
                why ? reject(new SocketIOError("ConnectionError", why)) : resolve();
            };
            const timer = browser.setTimeout(waiter, timeout, "no connection to the server");
            this.waiting.add(waiter);
        });
    }

    /** Ends the waiting of emits: with a reason they are rejected, without they are sent. */
    _release(why) {
        [...this.waiting].forEach((waiter) => waiter(why));
    }

    _lose(why) {
        this.ready = false;
        this._release(why);
    }

    _ready({ recovered }) {
        this.keeper.connected(recovered);
        this.ready = true;
        this.refusal = null;
        this.bus.trigger("change");
        this._release();
        this.connections += 1;
        this.inbox.trigger("connect");
        if (this.connections > 1) {
            this.inbox.trigger("reconnect");
        }
        if (recovered === false) {
            this.inbox.trigger("recovered", { recovered });
        }
    }

    _disconnected(reason) {
        const wasReady = this.ready;
        this.ready = false;
        if (wasReady) {
            this.inbox.trigger("disconnect", reason);
        }
        if (reason === "io server disconnect") {
            this._refused(this.closing || "disconnected by the server");
        }
    }

    _failed(error) {
        if (!this.socket.active) {
            this._refused(error.message); // an answer, not the lack of one: no retry will heal it
        }
    }

    _refused(why) {
        this.refusal = why;
        this._lose(why);
        this.bus.trigger("change");
        console.warn(`web_socketio: ${this.namespace} was refused: ${why}`);
        this.inbox.trigger("refused", why);
    }

    _receive(event, args) {
        const ack = typeof args.at(-1) === "function" ? this._guard(args.pop()) : null;
        if (event.startsWith(RESERVED)) {
            this._reserved(event.slice(RESERVED.length), args[0]);
            return;
        }
        const envelope = args.pop();
        this.inbox.receive(event, args, envelope, ack);
    }

    _reserved(name, content) {
        if (name === "ready") {
            this._ready(content);
        } else if (name === "position") {
            this.keeper.arrived(content);
        } else if (name === "recovered") {
            this.inbox.trigger("recovered", content);
        } else if (name === "closed") {
            this.closing = content.reason;
        } else if (name === "undelivered") {
            console.error(`${this.namespace}: the server gave up an event:`, content);
        }
    }

    /** An id of an acknowledgement means nothing on a later connection. */
    _guard(ack) {
        const { id } = this.socket;
        return () => {
            if (this.socket.connected && this.socket.id === id) {
                ack();
            }
        };
    }
}
