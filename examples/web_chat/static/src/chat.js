import { Component, onWillDestroy, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatDateTime, deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

export class Chat extends Component {
    static template = "web_chat.Chat";
    static props = { ...standardActionServiceProps };

    setup() {
        this.notification = useService("notification");
        this.chat = useState(useService("web_chat"));
        this.state = useState({ text: "" });
        this.log = useRef("log");
        useEffect(
            (first) => {
                if (first && !this.chat.roomId) {
                    this.chat.open(first);
                }
            },
            () => [this.chat.rooms[0]?.id]
        );
        useEffect(
            () => {
                this.log.el.scrollTop = this.log.el.scrollHeight;
            },
            () => [this.chat.shown.length]
        );
        onWillDestroy(() => this.chat.close());
    }

    get typing() {
        const names = Object.values(this.chat.typing).map(({ name }) => name);
        return names.length ? _t("%s is typing…", names.join(", ")) : "";
    }

    time({ date }) {
        return formatDateTime(deserializeDateTime(date), { showSeconds: false });
    }

    async post() {
        const text = this.state.text;
        this.state.text = "";
        try {
            await this.chat.post(text);
        } catch (error) {
            this.state.text = text;
            this.notification.add(error.message, { type: "danger" });
        }
    }
}

registry.category("actions").add("web_chat", Chat);
