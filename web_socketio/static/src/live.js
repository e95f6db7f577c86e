import { onWillDestroy, reactive, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { ORM } from "@web/core/orm_service";
import { Deferred } from "@web/core/utils/concurrency";
import { SocketIOError } from "./errors";
import { SocketIO } from "./socketio";

/** Put into the context of a call as `web_socketio_page`, it comes back as `page` of the change. */
export const PAGE = Math.random().toString(36).slice(2);

const orm = new ORM().silent;
const SMALL = { context: { bin_size: true } }; // the size of a file instead of the file

/** What this page follows, and the one `SocketIO` by which it is told. */
class Feed {
    constructor() {
        this.socket = null;
        this.connection = new Deferred(); // resolved while the server knows this page
        this.follows = new Map(); // model -> Set of Follow
        this.asking = new Map(); // model -> Promise of what will be asked at once
    }

    add(follow) {
        if (!this.follows.has(follow.model)) {
            this.follows.set(follow.model, new Set());
        }
        this.follows.get(follow.model).add(follow);
        this.socket ||= this._open();
        return this.ask(follow.model);
    }

    remove(follow) {
        if (this.follows.get(follow.model)?.delete(follow)) {
            this.ask(follow.model);
        }
    }

    /** Asks once for what was added and removed at the same time, for all who follow a model. */
    ask(model) {
        if (!this.asking.has(model)) {
            this.asking.set(model, this._ask(model));
            this.asking.get(model).catch(() => {}); // it is in the console
        }
        return this.asking.get(model);
    }

    async _ask(model) {
        for (;;) {
            await this.connection;
            this.asking.delete(model);
            const follows = [...(this.follows.get(model) || [])];
            if (!follows.length) {
                this.follows.delete(model);
            }
            if (!this.follows.size) {
                this.leave();
                return null;
            }
            const ids = new Set(follows.flatMap((follow) => [...follow.ids]));
            const everything = follows.some((follow) => follow.everything);
            try {
                return await this.socket.emit("watch", model, [...ids], everything);
            } catch (error) {
                if (!error.isNetwork) {
                    console.error(`web_socketio: ${model} is not followed: ${error.message}`);
                    throw error;
                }
            }
        }
    }

    /** Leaves the namespace; the next one who follows something comes back. */
    leave() {
        this.follows.clear();
        this.asking.clear(); // these waited for the connection
        this.connection = new Deferred();
        this.socket?.disconnect();
        this.socket = null;
    }

    _open() {
        const socket = new SocketIO("/live");
        socket.on("disconnect", () => (this.connection = new Deferred()));
        socket.on("connect", () => {
            this.connection.resolve();
            this._askAgain();
        });
        socket.on("recovered", () => this._askAgain((model) => this._tell(model, [null])));
        socket.on("changes", (model, changes) => this._tell(model, changes));
        return socket;
    }

    /** The server forgets with a connection what it followed. */
    _askAgain(then) {
        for (const model of this.follows.keys()) {
            this.ask(model).then(() => then?.(model), () => {});
        }
    }

    _tell(model, changes) {
        for (const follow of this.follows.get(model) || []) {
            changes.forEach((change) => follow.tell(change));
        }
    }
}

export const feed = new Feed();

/** Some records of a model, followed until `close()`. */
class Follow {
    constructor(model, callback, { ids = [], everything = false } = {}) {
        this.model = model;
        this.callback = callback;
        this.ids = new Set(ids);
        this.everything = everything;
        this.started = feed.add(this);
    }

    /** Follows other records from now on. */
    update({ ids = this.ids, everything = this.everything }) {
        this.ids = new Set(ids);
        this.everything = everything;
        return feed.ask(this.model);
    }

    close() {
        feed.remove(this);
    }

    tell(change) {
        const mine = change && {
            ...change,
            changed: change.changed.filter((id) => this.everything || this.ids.has(id)),
            gone: change.gone.filter((id) => this.ids.has(id)),
        };
        if (!mine || mine.changed.length || mine.gone.length) {
            this.callback(mine);
        }
    }
}

/**
 * Calls back when records of a live model change (Python: `web.socketio.live.mixin`).
 *
 * @param {string} model
 * @param {(change: Object | null) => any} callback gets `{changed, gone, uid, page, write_date}`: the
 *  ids that changed and may be read, and those of `ids` that were deleted or may not be read any
 *  more; `null` when changes were missed and what is shown should be read again
 * @param {{ids?: number[], everything?: boolean}} [options] `everything`: what else may be read, too
 * @returns {Follow} with `update(options)` and `close()`; `started` resolves when the server follows,
 *  and rejects with a `SocketIOError` where the model is not live or may not be read
 */
export function liveModel(model, callback, options) {
    return new Follow(model, callback, options);
}

/** `liveModel` for the life of the calling component. */
export function useLiveModel(model, callback, options) {
    const follow = liveModel(model, callback, options);
    onWillDestroy(() => follow.close());
    return follow;
}

/**
 * A record that is read, with the user's rights, now and whenever it changes.
 *
 * @param {string} model live one
 * @param {number} id
 * @param {{fields?: string[], onChange?: (data: Object | null) => any}} [options] `fields`: all that
 *  the user may read by default
 * @returns {{data: Object | null, error: Error | null, close: () => void}} an Owl `reactive`; `data` is
 *  null until it was read, and when the record is gone: then `error` tells why
 */
export function liveRecord(model, id, { fields = [], onChange = () => {} } = {}) {
    const record = reactive({ data: null, error: null });
    const read = oneAtATime(async () => {
        try {
            const [values = null] = await orm.read(model, [id], fields, SMALL);
            record.data = values;
            record.error = values ? null : new SocketIOError("MissingError", _t("It was deleted."));
        } catch (error) {
            record.error = error;
            record.data = error instanceof RPCError ? null : record.data; // else: Odoo is away
        }
        onChange(record.data);
    });
    const follow = liveModel(model, read, { ids: [id] });
    record.close = () => follow.close();
    if (!feed.socket.connected) {
        read(); // what there is, until it is followed
    }
    follow.started.then(read, read);
    return record;
}

/** `liveRecord` for the life of the calling component, which is rendered again at each change. */
export function useLiveRecord(model, id, options) {
    const record = liveRecord(model, id, options);
    onWillDestroy(() => record.close());
    return useState(record);
}

/** However often it is called meanwhile, a function runs once more after the present run. */
function oneAtATime(run) {
    let running = false;
    let again = false;
    return async () => {
        if (running) {
            again = true;
            return;
        }
        running = true;
        do {
            again = false;
            await run();
        } while (again);
        running = false;
    };
}
