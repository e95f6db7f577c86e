/* On Hoot's MockWebSocket: the server is not the real one. */
import { animationFrame, expect, test } from "@odoo/hoot";
import { Component, xml } from "@odoo/owl";
import { makeMockEnv, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { connection } from "@web_socketio/connection";
import { useSocketIO } from "@web_socketio/hooks";
import { SocketIO } from "@web_socketio/socketio";
import { mockSocketIO } from "./socketio_test_helpers";

class Listener extends Component {
    static template = xml`<div/>`;
    static props = {};

    setup() {
        useSocketIO("/test").on("news", (text) => expect.step(`component ${text}`));
    }
}

test("MockWebSocket: the handlers of a component end with it, and nobody else's", async () => {
    const server = mockSocketIO();
    await makeMockEnv();
    new SocketIO("/test").on("news", (text) => expect.step(`page ${text}`));
    const component = await mountWithCleanup(Listener);
    await server.emit("/test", "news", "hello");
    expect.verifySteps(["page hello", "component hello"]);
    component.__owl__.app.destroy();
    await server.emit("/test", "news", "later");
    expect.verifySteps(["page later"]);
});

test("MockWebSocket: with the last component its namespace is left", async () => {
    const server = mockSocketIO();
    await makeMockEnv();
    const component = await mountWithCleanup(Listener);
    await server.emit("/test", "news", "hello");
    expect.verifySteps(["component hello"]);
    component.__owl__.app.destroy();
    await animationFrame();
    expect(connection.status().namespaces["/test"]).toBe(undefined);
});
