import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

export class ChatSystray extends Component {
    static template = "web_chat.Systray";
    static props = {};

    setup() {
        this.action = useService("action");
        this.chat = useState(useService("web_chat"));
    }

    open() {
        this.action.doAction("web_chat.web_chat_action", { clearBreadcrumbs: true });
    }
}

registry.category("systray").add("web_chat", { Component: ChatSystray }, { sequence: 49 });
