import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { SocketIO } from "@web_socketio/socketio";

/**
 * The one `SocketIO` of `/longpolling`, shared by every addon. What was published since the page was
 * rendered arrives, too. The web client connects it at once; other pages at its first use.
 */
export const longpollingSocketService = {
    dependencies: ["socketio"],
    start() {
        const since = session.web_socketio?.position;
        return new SocketIO("/longpolling", { since, lazy: true });
    },
};

registry.category("services").add("longpolling_socket", longpollingSocketService);
registry
    .category("openerp_web")
    .add("longpolling_socket", (env) => env.services.longpolling_socket);
