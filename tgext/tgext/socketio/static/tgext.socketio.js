/* tgext.socketio: where the server is, io.connect as in 2013, and what was missed while away.
   Part of oe.web.socketio, LGPL-3.0-or-later. The protocol is described in docs/protocol.md. */
(function () {
    "use strict";

    const MAX_SEEN = 50_000; // ids remembered per subscription, and sent of all together
    const client = window.io;
    const followed = new WeakSet();
    const resource = new URL(document.currentScript.src).pathname.replace(/\/socket\.io\.js$/, "");

    /** What a socket has received, so that the server can send what it has not. */
    class Progress {
        constructor() {
            this.connection = 0;
            this.forget();
        }

        forget() {
            this.position = null;
            this.seen = new Map(); // subscription -> Map(id -> {g, connection}), oldest first
        }

        get auth() {
            const seen = {};
            let room = MAX_SEEN;
            for (const [name, known] of this.seen) {
                const ids = [...known.keys()];
                seen[name] = ids.slice(Math.max(0, ids.length - room));
                room -= seen[name].length;
            }
            return this.position ? { position: this.position, seen } : {};
        }

        /** @returns {boolean} whether one of these messages is new */
        note({ s, ids, g }) {
            if (!ids) {
                return true;
            }
            const known = this.seen.get(s) || new Map();
            this.seen.set(s, known);
            const isNew = ids.some((id) => !known.has(id));
            ids.forEach((id) => known.set(id, { g, connection: this.connection }));
            while (known.size > MAX_SEEN) {
                known.delete(known.keys().next().value);
            }
            return isNew;
        }

        /** All that was sent before is handled: what lies behind need not be remembered. */
        moveTo({ p, g }) {
            this.position = p;
            for (const ids of this.seen.values()) {
                for (const [id, place] of ids) {
                    if (place.connection < this.connection || place.g < g) {
                        ids.delete(id);
                    }
                }
            }
        }
    }

    /** Lets a socket speak version 1 of the protocol; the page's handlers notice nothing. */
    function follow(socket, progress) {
        const onevent = socket.onevent;
        const onack = socket.onack;

        function tell(recovered) {
            if (recovered === false) {
                progress.forget();
            }
            socket.listeners("recovered").forEach((handler) => handler(recovered));
        }

        const reserved = {
            "web_socketio:ready"({ recovered }) {
                progress.connection += 1;
                if (recovered !== null) {
                    tell(recovered);
                }
            },
            "web_socketio:recovered": ({ recovered }) => tell(recovered),
            "web_socketio:position": (place) => progress.moveTo(place),
        };

        socket.onevent = function (packet) {
            const envelope = packet.data.pop();
            const [event, body] = packet.data;
            if (event.startsWith("web_socketio:")) {
                reserved[event]?.(body);
            } else if (!envelope || progress.note(envelope)) {
                onevent.call(socket, packet);
            } else if (packet.id !== undefined) {
                socket.ack(packet.id)();
            }
        };
        socket.onack = function (packet) {
            const [failure, ...values] = packet.data;
            packet.data = failure ? [{ error: failure }] : values;
            onack.call(socket, packet);
        };
    }

    /** io(url, options), or as in 2013: io.connect("/chat", {resource: "socketio"}). */
    function io(url, options) {
        if (typeof url === "object") {
            options = url;
            url = undefined;
        }
        const given = { path: resource, ...options };
        if (given.resource) {
            given.path = `/${given.resource.replace(/^\/|\/$/g, "")}`;
        }
        const auth = given.auth;
        const progress = new Progress();
        given.auth = (send) => {
            const complete = (more) => send({ ...more, v: 1, ...progress.auth });
            typeof auth === "function" ? auth(complete) : complete(auth);
        };
        const socket = client(url, given);
        if (!followed.has(socket)) {
            followed.add(socket); // a second call for the same namespace gets the same socket
            follow(socket, progress);
        }
        return socket;
    }

    window.io = Object.assign(io, client, { io, connect: io });
})();
