import { browser } from "@web/core/browser/browser";

/** Ids remembered per subscription; beyond, the oldest are forgotten and could be seen again. */
const MAX_SEEN = 50_000; // the server takes as many, of all subscriptions together
/** How long a change may wait for being stored, in milliseconds (at pagehide it does not wait). */
const STORE_DELAY = 50;

/**
 * Where this page stands in the stream of one namespace (docs/protocol.md, envelope).
 *
 * Each event with an envelope is a *frame*. A position counts once every frame before it is
 * settled, so that a page that dies in a handler gets the message again.
 */
export class PositionKeeper {
    /**
     * @param {string} key of sessionStorage: a reload of this tab resumes here
     * @param {string | null} [since] the position to start at where there is none from a reload
     */
    constructor(key, since = null) {
        this.key = key;
        this.timer = null;
        this.connection = 0;
        this.seq = 0;
        this._clear();
        this._restore();
        this.position ||= since;
    }

    /** @returns {{position?: string, seen?: Object<string, number[]>}} what CONNECT's auth carries */
    get auth() {
        return this.position ? { position: this.position, seen: this._seen() } : {};
    }

    /**
     * A session was made valid on a new connection.
     *
     * @param {boolean | null} recovered unless true, nothing from before will come again
     */
    connected(recovered) {
        this.connection += 1;
        if (recovered !== true) {
            this._clear();
            this._store();
        }
    }

    /**
     * @param {{s: string, ids: number[] | null}} envelope
     * @returns {Object[] | null} the frames that hold every id of it, null if one is new
     */
    find({ s, ids }) {
        const known = this.known.get(s);
        if (!known || !ids) {
            return null;
        }
        const frames = ids.map((id) => known.get(id));
        return frames.every((frame) => frame && !frame.failed) ? frames : null;
    }

    /**
     * Enters an event in the order of arrival.
     *
     * @param {{s: string, ids: number[] | null, g: number}} envelope
     * @returns {Object} the frame, to be settled. When the same messages failed before, its
     *  `returned` holds the handlers that need not see them again.
     */
    open({ s, ids, g }) {
        const frame = { s, ids: ids || [], g, connection: this.connection, seq: ++this.seq };
        frame.returned = this._tried(frame);
        frame.settled = new Promise((resolve) => (frame.resolve = resolve));
        if (frame.ids.length) {
            this._remember(frame);
        }
        this.unsettled.add(frame);
        return frame;
    }

    /**
     * @param {Object} frame
     * @param {boolean} ok false if the server will send it again
     */
    settle(frame, ok) {
        frame.failed = !ok;
        this.unsettled.delete(frame);
        frame.resolve(ok);
        this._advance();
        this._store();
    }

    /**
     * The server says that all up to here was sent.
     *
     * @param {{p: string, g: number}} position
     */
    arrived({ p, g }) {
        if (this.marks.at(-1)?.seq === this.seq) {
            this.marks.pop(); // no frame in between: it tells nothing more
        }
        this.marks.push({ p, g, connection: this.connection, seq: ++this.seq });
        this._advance();
        this._store();
    }

    /** Forgets everything, here and in the tab's storage. */
    forget() {
        this._clear();
        browser.clearTimeout(this.timer);
        this.timer = null;
        browser.sessionStorage.removeItem(this.key);
    }

    /** Writes at once what waits for being written. */
    flush() {
        if (!this.timer) {
            return;
        }
        browser.clearTimeout(this.timer);
        this.timer = null;
        const value = JSON.stringify({ position: this.position, seen: this._seen() });
        try {
            browser.sessionStorage.setItem(this.key, value);
        } catch (error) {
            console.debug("web_socketio: a reload will not resume:", error.message); // storage full
        }
    }

    _clear() {
        this.position = null;
        this.unsettled = new Set(); // frames, oldest first
        this.marks = []; // positions that wait for the frames before them
        this.known = new Map(); // subscription -> Map(id -> frame), oldest first
    }

    _tried({ s, ids }) {
        const before = this.known.get(s)?.get(ids[0]);
        const same = before?.failed && String(before.ids) === String(ids);
        return same ? before.returned : new Set();
    }

    _remember(frame) {
        const known = this.known.get(frame.s) || new Map();
        this.known.set(frame.s, known);
        for (const id of frame.ids) {
            known.delete(id); // a Map keeps the place of a key that is set again
            known.set(id, frame);
        }
        while (known.size > MAX_SEEN) {
            known.delete(known.keys().next().value);
        }
    }

    _advance() {
        const [oldest] = this.unsettled;
        const reach = oldest ? oldest.seq : Infinity;
        let mark = null;
        while (this.marks.length && this.marks[0].seq < reach) {
            mark = this.marks.shift();
        }
        if (mark) {
            this.position = mark.p;
            this._forgetBehind(mark);
        }
    }

    _forgetBehind({ connection, g }) {
        for (const [s, known] of this.known) {
            for (const [id, frame] of known) {
                if (frame.connection < connection || frame.g < g) {
                    known.delete(id);
                }
            }
            if (!known.size) {
                this.known.delete(s);
            }
        }
    }

    _seen() {
        const seen = {};
        let room = MAX_SEEN;
        for (const [s, known] of this.known) {
            const handled = ([, frame]) => !frame.failed && !this.unsettled.has(frame);
            const ids = [...known].filter(handled).map(([id]) => id);
            seen[s] = ids.slice(Math.max(0, ids.length - room));
            room -= seen[s].length;
        }
        return seen;
    }

    _store() {
        this.timer ||= browser.setTimeout(() => this.flush(), STORE_DELAY);
    }

    _restore() {
        const stored = browser.sessionStorage.getItem(this.key);
        if (!stored) {
            return;
        }
        try {
            const { position, seen } = JSON.parse(stored);
            for (const [s, ids] of Object.entries(seen)) {
                this.settle(this.open({ s, ids, g: 0 }), true);
            }
            this.position = position;
        } catch (error) {
            console.debug("web_socketio: what the tab stored is not understood:", error.message);
        }
    }
}
