import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

/** In the web client, where every user is known, handlers of `connect` on the server run at once. */
export const connectService = {
    dependencies: ["longpolling_socket"],
    start(env, { longpolling_socket }) {
        if (user.userId) {
            longpolling_socket.connect();
        }
    },
};

registry.category("services").add("longpolling_socket.connect", connectService);
