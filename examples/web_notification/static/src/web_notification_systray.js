import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

export class WebNotificationSystray extends Component {
    static template = "web_notification.Systray";
    static props = {};

    setup() {
        this.action = useService("action");
    }

    send() {
        this.action.doAction("web_notification.web_notification_action");
    }
}

registry
    .category("systray")
    .add("web_notification", { Component: WebNotificationSystray }, { sequence: 50 });
