import { registry } from "@web/core/registry";
import { connection } from "./connection";
import { SocketIO } from "./socketio";

/**
 * What addons put into `instance.web` for the form of 2013: name -> (env) => value, read when it is
 * asked for.
 */
const openerpWeb = registry.category("openerp_web");
openerpWeb.add("SocketIO", () => SocketIO);

function instanceWeb(env) {
    const web = {};
    for (const [name, value] of openerpWeb.getEntries()) {
        Object.defineProperty(web, name, { get: () => value(env), enumerable: true });
    }
    return web;
}

/**
 * `status()` tells the state of the page's connection, and `bus` triggers "change" when it is another
 * one; `connect(namespace)` gives a `SocketIO`.
 */
export const socketioService = {
    start(env) {
        const start = globalThis.openerp[Symbol.for("web_socketio.start")];
        env.isReady.then(() => start(instanceWeb(env)));
        return {
            bus: connection.bus,
            status: () => connection.status(),
            connect: (namespace, options) => new SocketIO(namespace, options),
        };
    },
};

registry.category("services").add("socketio", socketioService);
