import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";
import { SocketIO } from "@web_socketio/socketio";

/**
 * The one `SocketIO` of `/longpolling`, shared by every addon; null where nobody is logged in. What
 * was published since the page was rendered arrives, too.
 */
export const longpollingSocketService = {
    dependencies: ["socketio"],
    start() {
        const since = session.web_socketio?.position;
        return user.userId ? new SocketIO("/longpolling", { since }) : null;
    },
};

registry.category("services").add("longpolling_socket", longpollingSocketService);
registry
    .category("openerp_web")
    .add("longpolling_socket", (env) => env.services.longpolling_socket);
