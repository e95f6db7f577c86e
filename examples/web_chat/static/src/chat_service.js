import { markRaw, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { sortBy } from "@web/core/utils/arrays";

/** How often the page says that it is still there, in milliseconds. */
const BEAT = 50_000;
/** How often it tells that the user types, and how long it shows that others do. */
const TYPING_EVERY = 2_000;
const TYPING_SHOWN = 5_000;

/** All rooms in short, and the one that the page looks at; shared by the chat and its systray. */
export class ChatStore {
    /** @param {import("@web_socketio/socketio").SocketIO} socket */
    constructor(socket) {
        this.socket = markRaw(socket);
        this.rooms = []; // {id, name, unread: Set of ids, present: [{id, name}]}
        this.roomId = null;
        this.messages = {}; // id -> message
        this.typing = {}; // user id -> {name, timer}
        this.typedAt = 0;
    }

    /** Starts listening; on the reactive store, so that what shows it follows. */
    start() {
        this.socket.on("connect", () => this.load());
        this.socket.on("message", (message) => this.show([message]));
        this.socket.on("posted", (message) => this.count(message));
        this.socket.on("presence", (change) => this.move(change));
        this.socket.on("read", ({ room_id, read_id }) => this.forget(room_id, read_id));
        this.socket.on("typing", (message) => this.showTyping(message));
        browser.setInterval(() => this.beat(), BEAT);
        document.addEventListener("visibilitychange", () => this.read());
    }

    /** The server forgets the room of a connection that ended, so each new one joins again. */
    async load() {
        const rooms = await this.socket.emit("overview");
        this.rooms = rooms.map((room) => ({ ...room, unread: new Set(room.unread) }));
        if (this.roomId) {
            await this.join();
        }
    }

    get room() {
        return this.rooms.find(({ id }) => id === this.roomId);
    }

    get shown() {
        return Object.values(this.messages).filter(({ room_id }) => room_id === this.roomId);
    }

    get unread() {
        return this.rooms.reduce((sum, { unread }) => sum + unread.size, 0);
    }

    async open(roomId) {
        this.roomId = roomId;
        Object.keys(this.typing).forEach((id) => this.hideTyping(id));
        await this.join();
    }

    async join() {
        if (this.socket.connected) {
            this.show(await this.socket.emit("join", this.roomId));
        }
    }

    close() {
        this.roomId = null;
        if (this.socket.connected) {
            this.socket.emit("leave");
        }
    }

    post(text) {
        return this.socket.emit("post", this.roomId, text);
    }

    /** By id: the history of a room may hold what has come before. */
    show(messages) {
        for (const message of messages) {
            this.messages[message.id] = message;
            this.hideTyping(message.author_id);
        }
        this.read();
    }

    /** By id: the overview may count what is told afterwards. */
    count({ id, room_id, author_id }) {
        if (author_id !== user.userId) {
            this.rooms.find((room) => room.id === room_id)?.unread.add(id);
            this.read();
        }
    }

    /** What the user sees now has been read. */
    read() {
        const unread = this.room?.unread;
        if (unread?.size && document.visibilityState === "visible") {
            const newest = Math.max(...unread);
            this.forget(this.roomId, newest);
            this.socket.emit("read", this.roomId, newest);
        }
    }

    forget(roomId, readId) {
        const room = this.rooms.find(({ id }) => id === roomId);
        for (const id of room?.unread || []) {
            if (id <= readId) {
                room.unread.delete(id);
            }
        }
    }

    move({ room_id, user: mover, present }) {
        const room = this.rooms.find(({ id }) => id === room_id);
        if (room) {
            const others = room.present.filter(({ id }) => id !== mover.id);
            room.present = present ? sortBy([...others, mover], "name") : others;
        }
    }

    /** The answer also puts right who was gone without a word: with a server that was killed. */
    async beat() {
        const room = this.room;
        if (room && this.socket.connected) {
            room.present = await this.socket.emit("here");
        }
    }

    type() {
        if (this.socket.connected && Date.now() > this.typedAt + TYPING_EVERY) {
            this.typedAt = Date.now();
            this.socket.emit("typing");
        }
    }

    showTyping({ room_id, user: { id, name } }) {
        if (room_id === this.roomId && id !== user.userId) {
            this.hideTyping(id);
            const timer = browser.setTimeout(() => this.hideTyping(id), TYPING_SHOWN);
            this.typing[id] = { name, timer };
        }
    }

    hideTyping(id) {
        browser.clearTimeout(this.typing[id]?.timer);
        delete this.typing[id];
    }
}

export const webChatService = {
    dependencies: ["socketio"],
    start(env, { socketio }) {
        const store = reactive(new ChatStore(socketio.connect("/chat")));
        store.start();
        return store;
    },
};

registry.category("services").add("web_chat", webChatService);
