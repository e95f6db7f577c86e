import { browser } from "@web/core/browser/browser";

/** Events that may wait for their first handler, and how long (ms); then the page gives them up. */
const MAX_EARLY = 200;
const EARLY_TIMEOUT = 60_000;
/** What the wrapper itself tells; never kept for late handlers. */
const HOOKS = new Set(["connect", "disconnect", "reconnect", "recovered", "refused", "error"]);

/** The handlers of one namespace, and the way of an event to them. */
export class Inbox {
    /**
     * @param {string} namespace for the console
     * @param {import("./position").PositionKeeper} keeper
     */
    constructor(namespace, keeper) {
        this.namespace = namespace;
        this.keeper = keeper;
        this.handlers = new Map(); // event -> Set of handlers
        this.early = []; // events that no handler has ever been there for, oldest first
        this.missed = new Set(); // names of events of which early ones were given up
    }

    /**
     * @param {string} event
     * @param {Function} handler may return a Promise
     */
    add(event, handler) {
        if (!this.handlers.has(event)) {
            this.handlers.set(event, new Set());
            Promise.resolve().then(() => this._replay(event)); // after others added right now
        }
        this.handlers.get(event).add(handler);
    }

    remove(event, handler) {
        this.handlers.get(event)?.delete(handler);
    }

    /** Tells the handlers of a hook. */
    trigger(event, ...args) {
        for (const handler of this.handlers.get(event) || []) {
            this.call(handler, event, args);
        }
    }

    /**
     * Takes an event of the server.
     *
     * @param {string} event
     * @param {any[]} args
     * @param {Object | null} envelope
     * @param {Function | null} ack sends the acknowledgement, if the server asked for one
     */
    receive(event, args, envelope, ack) {
        const known = envelope && this.keeper.find(envelope);
        if (known) {
            this._repeat(known, ack);
            return;
        }
        const frame = envelope && this.keeper.open(envelope);
        const delivery = { event, args, ack, frame };
        if (event === "error" && !this.handlers.get(event)?.size) {
            console.warn(`${this.namespace}:`, ...args);
        }
        if (this.handlers.has(event) || HOOKS.has(event)) {
            this._deliver(delivery);
        } else {
            this._keepEarly(delivery);
        }
    }

    /** @returns {Promise<boolean>} whether the handler returned */
    async call(handler, event, args) {
        try {
            await handler(...args);
            return true;
        } catch (error) {
            console.error(`${this.namespace}: a handler of "${event}" failed:`, error);
            return false;
        }
    }

    /** Stops the clocks of what waits for a handler. */
    close() {
        this.early.forEach(({ timer }) => browser.clearTimeout(timer));
        this.early = [];
    }

    async _repeat(frames, ack) {
        const results = await Promise.all(frames.map((frame) => frame.settled));
        if (results.every(Boolean)) {
            ack?.();
        }
    }

    /** An event whose handlers all left is not wanted any more: it counts as handled. */
    async _deliver({ event, args, ack, frame }) {
        const returned = frame ? frame.returned : new Set();
        const handlers = [...(this.handlers.get(event) || [])].filter((h) => !returned.has(h));
        const calls = handlers.map(async (handler) => {
            const ok = await this.call(handler, event, args);
            return ok && returned.add(handler);
        });
        const ok = (await Promise.all(calls)).every(Boolean);
        if (ok) {
            ack?.();
        }
        if (frame) {
            this.keeper.settle(frame, ok || !ack);
        }
    }

    _keepEarly(delivery) {
        delivery.timer = browser.setTimeout(() => this._giveUp(delivery), EARLY_TIMEOUT);
        this.early.push(delivery);
        if (this.early.length > MAX_EARLY) {
            this._giveUp(this.early[0]);
        }
    }

    _takeEarly(delivery) {
        browser.clearTimeout(delivery.timer);
        this.early.splice(this.early.indexOf(delivery), 1);
    }

    _giveUp(delivery) {
        this._takeEarly(delivery);
        this.missed.add(delivery.event);
        if (delivery.frame) {
            this.keeper.settle(delivery.frame, !delivery.ack);
        }
    }

    _replay(event) {
        for (const delivery of this.early.filter((early) => early.event === event)) {
            this._takeEarly(delivery);
            this._deliver(delivery);
        }
        if (this.missed.delete(event)) {
            this.trigger("recovered", { recovered: false });
        }
    }
}
