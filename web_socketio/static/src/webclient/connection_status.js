import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";

/** How long users see nothing of a missing connection, in milliseconds. */
const PATIENCE = 30_000;

const { DateTime } = luxon;

/** Developers see how the connection is; users only that there has been none for a while. */
export class ConnectionStatus extends Component {
    static template = "web_socketio.ConnectionStatus";
    static components = { Dropdown };
    static props = {};

    setup() {
        this.socketio = useService("socketio");
        this.state = useState({ status: this.socketio.status(), lostAt: null, late: false });
        useBus(this.socketio.bus, "change", () => this.update());
        onWillUnmount(() => browser.clearTimeout(this.timer));
        this.update();
    }

    update() {
        this.state.status = this.socketio.status();
        const lost = ["connecting", "reconnecting"].includes(this.state.status.state);
        if (lost && !this.state.lostAt) {
            this.state.lostAt = new Date();
            this.timer = browser.setTimeout(() => (this.state.late = true), PATIENCE);
        } else if (!lost) {
            browser.clearTimeout(this.timer);
            this.state.lostAt = null;
            this.state.late = false;
        }
    }

    get icon() {
        const partly = this.namespaces.some(([, { refused }]) => refused);
        const connected = partly ? "fa-bolt text-warning" : "fa-bolt";
        return { connected, refused: "fa-ban" }[this.state.status.state] || "fa-chain-broken";
    }

    get title() {
        const { state, since } = this.state.status;
        switch (state) {
            case "connected":
                return _t("Connected since %s", this.time(since));
            case "refused":
                return _t("Refused by the server");
            case "idle":
                return _t("Not connected: nothing asked for it");
            default:
                return _t("No connection since %s, trying again", this.time(this.state.lostAt));
        }
    }

    get hint() {
        return _t("Live updates pause: no connection since %s.", this.time(this.state.lostAt));
    }

    get namespaces() {
        return Object.entries(this.state.status.namespaces);
    }

    time(date) {
        return DateTime.fromJSDate(date).toLocaleString(DateTime.TIME_WITH_SECONDS);
    }
}

registry
    .category("systray")
    .add("web_socketio.status", { Component: ConnectionStatus }, { sequence: 90 });
