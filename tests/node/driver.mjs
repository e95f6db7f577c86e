// The official clients, steered by JSON lines on stdin; what happens to them goes to stdout.
//
// Commands: {do, socket, …}; see the functions of `commands`. Reports: {socket, what, …}.
// Bytes travel as {"$bytes": base64}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const packages = {
    "3.1": "socket.io-client-3.1", "4.0": "socket.io-client-4.0", "4.8": "socket.io-client",
};
const sockets = new Map();

function pack(value) {
    if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
        return { $bytes: Buffer.from(value).toString("base64") };
    }
    if (Array.isArray(value)) {
        return value.map(pack);
    }
    if (value && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pack(item)]));
    }
    return value;
}

function unpack(value) {
    if (Array.isArray(value)) {
        return value.map(unpack);
    }
    if (value && typeof value === "object") {
        return typeof value.$bytes === "string"
            ? Buffer.from(value.$bytes, "base64")
            : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
    }
    return value;
}

function report(socket, what, details = {}) {
    process.stdout.write(`${JSON.stringify({ socket, what, ...details })}\n`);
}

function watch(number, entry) {
    const { io } = entry;
    io.on("connect", () => {
        const { engine } = io.io;
        engine.once("upgrade", ({ name }) => report(number, "upgrade", { transport: name }));
        report(number, "connect", { sid: io.id, transport: engine.transport.name });
    });
    io.on("connect_error", ({ message, data }) =>
        report(number, "connect_error", { message, data, active: io.active ?? null }));
    io.on("disconnect", (reason) => report(number, "disconnect", { reason }));
    io.onAny((name, ...args) => {
        const acknowledge = typeof args.at(-1) === "function" ? args.pop() : null;
        const wanted = acknowledge !== null;
        report(number, "event", { name, args: pack(args), wanted });
        if (wanted && entry.acknowledges) {
            acknowledge(...entry.answer);
        } else if (wanted) {
            entry.owed.push(acknowledge);
        }
    });
}

const commands = {
    /** Connect; `share`: the number of a socket whose connection is used too. */
    connect({ socket, client, url, namespace, auth, share, options }) {
        let io;
        if (share === undefined) {
            const connect = require(packages[client]).io;
            io = connect(url + namespace, { forceNew: true, auth, ...options });
        } else {
            io = sockets.get(share).io.io.socket(namespace, { auth });
        }
        const entry = { io, acknowledges: true, answer: [], owed: [] };
        sockets.set(socket, entry);
        watch(socket, entry);
    },
    /** Emit; with `call` its acknowledgement is reported under that number. */
    emit({ socket, event, args, call }) {
        const { io } = sockets.get(socket);
        const callback = (...answer) => report(socket, "answer", { call, args: pack(answer) });
        io.emit(event, ...unpack(args), ...(call === undefined ? [] : [callback]));
    },
    /** Acknowledge from now on what the server sends, or let it wait. */
    acknowledge({ socket, on, answer, call }) {
        const entry = sockets.get(socket);
        entry.acknowledges = on;
        entry.answer = answer ?? [];
        for (const acknowledge of on ? entry.owed.splice(0) : []) {
            acknowledge(...entry.answer);
        }
        report(socket, "acknowledges", { call });
    },
    disconnect({ socket }) {
        sockets.get(socket).io.disconnect();
    },
    connectAgain({ socket, auth }) {
        const { io } = sockets.get(socket);
        io.auth = auth ?? io.auth;
        io.connect();
    },
    /** Cut the connection as a network does; the client reconnects by itself. */
    cut({ socket }) {
        sockets.get(socket).io.io.engine.close();
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    commands[command.do](command);
}
process.exit(0);
