import { after, mockWebSocket, tick } from "@odoo/hoot";
import { MockServer, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { Deferred } from "@web/core/utils/concurrency";
import { connection } from "@web_socketio/connection";
import { feed } from "@web_socketio/live";

/**
 * For Hoot tests of addons that use `SocketIO`: a realtime server behind Hoot's MockWebSocket.
 *
 * The wrapper and socket.io-client are the real ones, the network and the server are not: what needs
 * the server itself belongs into a test in a browser against a running one.
 *
 *     const server = mockSocketIO(); // first: a service may connect as soon as it starts
 *     server.answer("/chat", "join", (room) => ["hello", "world"]);
 *     await mountWithCleanup(Chat);
 *     await server.emit("/chat", "message", { body: "hi" }); // resolves when acknowledged
 */
export function mockSocketIO() {
    const server = new MockSocketIOServer();
    mockWebSocket((socket) => server.accept(socket));
    patchWithCleanup(MockServer.prototype, {
        /** Odoo's mock server takes all of them for itself when it starts. */
        _handleWebSocket(socket) {
            if (socket.url.includes("/socket.io/")) {
                server.accept(socket);
            } else {
                super._handleWebSocket(socket);
            }
        },
    });
    after(() => leavePage());
    return server;
}

/** Each test is a page of its own; modules outlive it. Nobody waits for an answer any more. */
function leavePage() {
    feed.leave();
    for (const { channel } of connection.channels.values()) {
        channel.waiting.clear();
        channel.socket.acks = {};
        channel.close();
    }
    connection.channels.clear();
    connection.manager?.removeAllListeners();
    Object.assign(connection, { manager: null, state: "idle", since: null, error: null });
}

const PACKET = /^4(\d)(?:(\/[^,]*),)?(\d*)(.*)$/s;
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = ["0", "1", "2", "3", "4"];

class MockSocketIOServer {
    constructor() {
        this.socket = null; // of Hoot: the present connection
        this.answers = new Map(); // "namespace event" -> handler
        this.refusals = new Map(); // namespace -> reason
        this.recovered = null; // what the next connections are told
        this.received = []; // [namespace, event, ...args] of all emits of the page
        this.auth = {}; // by namespace, what the page sent with its last CONNECT
        this.connections = new Map(); // namespace -> Deferred
        this.acks = new Map(); // number -> Deferred
        this.number = 0;
    }

    /** Answers an emit of the page with what the handler returns, or with the error it throws. */
    answer(namespace, event, handler) {
        this.answers.set(`${namespace} ${event}`, handler);
    }

    /** Refuses a namespace from now on. */
    refuse(namespace, reason) {
        this.refusals.set(namespace, reason);
    }

    /** @returns {Promise} resolved when the page has connected to a namespace */
    connected(namespace) {
        if (!this.connections.has(namespace)) {
            this.connections.set(namespace, new Deferred());
        }
        return this.connections.get(namespace);
    }

    /**
     * Sends a message of the log as an event that asks for an acknowledgement.
     *
     * @returns {Promise} resolved when the page acknowledged it: all its handlers have returned
     */
    async emit(namespace, event, ...args) {
        await this.connected(namespace);
        this.number += 1;
        const envelope = { s: `mock ${event}`, ids: [this.number], g: 1 };
        return this.send(namespace, this.number, event, ...args, envelope);
    }

    /** Sends what was sent before once more, as after a lost acknowledgement. */
    send(namespace, number, event, ...args) {
        const acknowledged = new Deferred();
        this.acks.set(number, acknowledged);
        this._send(EVENT, namespace, [event, ...args], number);
        return acknowledged;
    }

    /** Tells the page that it missed messages for good. */
    missed(namespace) {
        this._event(namespace, "web_socketio:recovered", { recovered: false });
    }

    /** Loses the connection; the page tries again after a second or so (`advanceTime`). */
    disconnect() {
        this.connections.clear();
        this.socket.close(1006, "lost");
    }

    async accept(socket) {
        this.socket = socket;
        socket.addEventListener("message", ({ data }) => this._receive(data));
        await tick(); // the page's side opens one tick after this one
        await tick();
        const open = { sid: "mock", upgrades: [], pingInterval: 1e9, pingTimeout: 1e9 };
        socket.send(`0${JSON.stringify(open)}`);
    }

    _send(type, namespace, data, number = "") {
        this.socket.send(`4${type}${namespace},${number}${JSON.stringify(data)}`);
    }

    _event(namespace, event, content) {
        this._send(EVENT, namespace, [event, content, null]);
    }

    async _receive(text) {
        await tick(); // a network does not answer while one speaks
        const packet = PACKET.exec(text);
        if (!packet) {
            return; // a pong
        }
        const [, type, namespace, number, json] = packet;
        const data = json && JSON.parse(json);
        if (type === CONNECT) {
            this._connect(namespace, data);
        } else if (type === EVENT) {
            this._handle(namespace, number, data);
        } else if (type === ACK) {
            this.acks.get(Number(number))?.resolve();
        } else if (type === DISCONNECT) {
            this.connections.delete(namespace);
        }
    }

    _connect(namespace, auth) {
        this.auth[namespace] = auth;
        if (this.refusals.has(namespace)) {
            this._send(CONNECT_ERROR, namespace, { message: this.refusals.get(namespace) });
            return;
        }
        this._send(CONNECT, namespace, { sid: `mock${namespace}` });
        this._event(namespace, "web_socketio:ready", { recovered: this.recovered });
        this.connected(namespace).resolve();
    }

    async _handle(namespace, number, [event, ...args]) {
        this.received.push([namespace, event, ...args]);
        const handler = this.answers.get(`${namespace} ${event}`);
        let answer;
        try {
            answer = [null, (await handler?.(...args)) ?? null];
        } catch ({ name, message }) {
            answer = [{ name, message }];
        }
        if (number) {
            this._send(ACK, namespace, answer, number);
        }
    }
}
