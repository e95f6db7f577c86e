/* global io */
import { EventBus } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { user, userBus } from "@web/core/user";
import { session } from "@web/session";
import { Channel } from "./channel";
import { PositionKeeper } from "./position";
import { Retry } from "./retry";

/**
 * @param {string | false} setting session info's `web_socketio.url`
 * @param {{origin: string, protocol: string, hostname: string}} page
 * @returns {string} origin of the realtime server
 */
export function serverUrl(setting, page) {
    if (!setting) {
        return page.origin;
    }
    const port = /^:?(\d+)$/.exec(setting);
    const url = port ? `${page.protocol}//${page.hostname}:${port[1]}` : setting;
    if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
        return new URL(url).origin;
    }
    console.error(
        `web_socketio: the system parameter web_socketio.url is no address: "${setting}". ` +
            'Set it to a port (":8068") or an origin ("https://erp.example.com"), or remove it.'
    );
    return page.origin;
}

/**
 * @param {string} url of the realtime server
 * @param {{hostname: string, protocol: string}} page
 * @returns {string | null} why the server cannot know the users of a page, if that is so
 */
export function whyUnknown(url, page) {
    const { hostname, protocol, origin } = new URL(url);
    if (hostname !== page.hostname) {
        return (
            `this page is on ${page.hostname}, the realtime server on ${hostname}: Odoo's session ` +
            "cookie belongs to one host name and cannot follow, so that nobody is known there. Let " +
            `a proxy serve the path /socket.io on ${page.hostname}, or use a port of that host ` +
            "(system parameter web_socketio.url)."
        );
    }
    if (page.protocol === "https:" && protocol === "http:") {
        return `a browser does not connect a page of https to ${origin}: use https there, too.`;
    }
    return null;
}

/**
 * The one connection of this page. It opens with the first namespace that is asked for.
 *
 * WebSocket first: its handshake always carries both the cookie and the Origin that the server
 * checks (a browser's same-origin GET of long-polling carries no Origin), it is one request instead
 * of four, and several servers behind one proxy need no sticky sessions. Where a proxy refuses
 * WebSocket, the same attempt goes on with long-polling.
 */
export class Connection {
    /** @param {{url?: string | false, path?: string}} [settings] session info's `web_socketio` */
    constructor({ url = false, path = "/socket.io" } = {}) {
        this.url = serverUrl(url, browser.location);
        this.path = path;
        this.channels = new Map(); // namespace -> {channel, users}
        this.manager = null;
        this.retry = new Retry(() => this.manager.open());
        this.state = "idle";
        this.since = null; // when the present state began
        this.error = null; // the last one
        this.bus = new EventBus(); // "change": status() tells something else than before
        this._followPage();
    }

    /**
     * @param {string} namespace
     * @param {string | null} [since] position to start at, for the first one that joins
     * @returns {Channel} shared; each join wants its leave
     */
    join(namespace, since = null) {
        this.manager ||= this._open();
        let entry = this.channels.get(namespace);
        if (!entry) {
            const key = `web_socketio:${session.db || ""}:${user.userId || 0}:${namespace}`;
            const keeper = new PositionKeeper(key, since);
            const companies = () => user.context.allowed_company_ids || [];
            const channel = new Channel(this.manager, namespace, keeper, companies, this.bus);
            entry = { channel, users: 0 };
            this.channels.set(namespace, entry);
            this._connect(channel);
        }
        entry.users += 1;
        return entry.channel;
    }

    /** @param {Channel} channel */
    leave(channel) {
        const entry = this.channels.get(channel.namespace);
        entry.users -= 1;
        if (!entry.users) {
            this.channels.delete(channel.namespace);
            channel.close();
            this.bus.trigger("change");
        }
    }

    /**
     * @returns {{state: "idle" | "connecting" | "connected" | "reconnecting" | "refused",
     *  since: Date | null, url: string, error: {message: string, date: Date} | null,
     *  namespaces: Object}} `since` the state began; `error`: the last one, also where all is well
     *  again; per namespace whether it is `ready` and why it was `refused`
     */
    status() {
        const namespaces = {};
        for (const [name, { channel }] of this.channels) {
            namespaces[name] = { ready: channel.ready, refused: channel.refusal };
        }
        const { url, since, error } = this;
        const reasons = Object.values(namespaces).map(({ refused }) => refused);
        const state = reasons.length && reasons.every(Boolean) ? "refused" : this.state;
        return { state, since, url, error, namespaces };
    }

    _open() {
        const why = whyUnknown(this.url, browser.location);
        if (why) {
            console.warn(`web_socketio: ${why}`);
        }
        const manager = new io.Manager(this.url, {
            path: this.path,
            autoConnect: false,
            withCredentials: true,
            transports: ["websocket", "polling"],
            tryAllTransports: true,
            reconnection: false, // its own waits cannot be cut short
        });
        manager.on("open", () => this._arrived("connected"));
        manager.on("error", (error) => this._lost(error.message));
        manager.on("close", (reason) =>
            reason === "forced close" ? this._arrived("idle") : this._lost(reason)
        );
        return manager;
    }

    _connect(channel) {
        if (this.state === "idle") {
            this._turn("connecting", null);
        }
        channel.open();
    }

    /** The connection is there, or ended by ourselves. */
    _arrived(state) {
        this.retry.stop();
        this._turn(state, null);
    }

    _lost(why) {
        this.retry.plan();
        this._turn("reconnecting", why);
    }

    /** Says once per outage, and quietly, that the server is away. */
    _turn(state, error) {
        if (error) {
            this.error = { message: error, date: new Date() };
        }
        if (state !== this.state) {
            this.state = state;
            this.since = new Date();
            if (state === "reconnecting") {
                console.debug(`web_socketio: no connection to ${this.url} (${error}), trying again`);
            }
        }
        this.bus.trigger("change");
    }

    _followPage() {
        browser.addEventListener("pagehide", () => {
            this._each((channel) => channel.keeper.flush());
            this.manager?.disconnect(); // and no trying again
        });
        browser.addEventListener("pageshow", ({ persisted }) => {
            if (persisted) {
                this._each((channel) => this._connect(channel)); // from the back/forward cache
            }
        });
        browser.addEventListener("online", () => this.retry.hurry());
        browser.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") {
                this.retry.hurry(); // a hidden page's timers are late
            }
        });
        userBus.addEventListener("ACTIVE_COMPANIES_CHANGED", () => {
            this._each((channel) => channel.selectCompanies());
        });
    }

    _each(act) {
        for (const { channel } of this.channels.values()) {
            act(channel);
        }
    }
}

/** This page's connection. */
export const connection = new Connection(session.web_socketio);
