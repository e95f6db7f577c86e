import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { formatDateTime, deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useSocketIO } from "@web_socketio/hooks";

export class Chat extends Component {
    static template = "web_chat.Chat";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.socket = useSocketIO("/chat");
        this.state = useState({ rooms: [], roomId: null, messages: {}, text: "" });
        this.log = useRef("log");
        this.socket.on("connect", () => this.join());
        this.socket.on("message", (message) => this.show([message]));
        onWillStart(async () => {
            this.state.rooms = await this.orm.searchRead("web.chat.room", [], ["name"]);
            if (this.state.rooms.length) {
                this.open(this.state.rooms[0].id);
            }
        });
        useEffect(
            () => {
                this.log.el.scrollTop = this.log.el.scrollHeight;
            },
            () => [this.shown.length]
        );
    }

    get shown() {
        const messages = Object.values(this.state.messages);
        return messages.filter(({ room_id }) => room_id === this.state.roomId);
    }

    open(roomId) {
        this.state.roomId = roomId;
        this.join();
    }

    /** The server forgets the rooms of a connection that ended, so each new one joins again. */
    async join() {
        if (this.state.roomId && this.socket.connected) {
            this.show(await this.socket.emit("join", this.state.roomId));
        }
    }

    /** By id: the history of a room may hold what has come before. */
    show(messages) {
        for (const message of messages) {
            this.state.messages[message.id] = message;
        }
    }

    time({ date }) {
        return formatDateTime(deserializeDateTime(date));
    }

    async post() {
        const text = this.state.text;
        this.state.text = "";
        try {
            await this.socket.emit("post", this.state.roomId, text);
        } catch (error) {
            this.state.text = text;
            this.notification.add(error.message, { type: "danger" });
        }
    }
}

registry.category("actions").add("web_chat", Chat);
