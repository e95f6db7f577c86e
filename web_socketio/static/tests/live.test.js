/* On Hoot's MockWebSocket and Odoo's mock server of the ORM: the realtime server is not the real one. */
import { advanceTime, animationFrame, expect, test, waitFor } from "@odoo/hoot";
import { Component, xml } from "@odoo/owl";
import {
    defineModels,
    fields,
    makeMockEnv,
    makeServerError,
    MockServer,
    models,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { connection } from "@web_socketio/connection";
import { liveModel, liveRecord, useLiveRecord } from "@web_socketio/live";
import { mockSocketIO } from "./socketio_test_helpers";

class Thing extends models.Model {
    _name = "thing";
    name = fields.Char();
    _records = [
        { id: 1, name: "first" },
        { id: 2, name: "second" },
    ];
}

defineModels([Thing]);

const CHANGE = { changed: [], gone: [], uid: 2, page: null, write_date: "2026-01-01 00:00:00" };

/** A mocked server that lets everything be followed, and notes what is asked for. */
function mockLive() {
    const server = mockSocketIO();
    server.answer("/live", "watch", (model, ids, everything) => {
        expect.step(`watch ${model} ${ids}${everything ? " and more" : ""}`);
        return ids;
    });
    return server;
}

function change(server, values) {
    return server.emit("/live", "changes", "thing", [{ ...CHANGE, ...values }]);
}

function noteReads() {
    onRpc("thing", "read", ({ args }) => void expect.step(`read ${args[0]} ${args[1]}`));
}

test("MockWebSocket: a live record is read when it is followed, and at each change", async () => {
    await makeMockEnv();
    const server = mockLive();
    noteReads();
    const record = liveRecord("thing", 1, {
        fields: ["name"],
        onChange: (data) => expect.step(data?.name),
    });
    await expect.waitForSteps(["read 1 name", "first", "watch thing 1", "read 1 name", "first"]);
    MockServer.env["thing"].write([1], { name: "changed" });
    await change(server, { changed: [1] });
    await expect.waitForSteps(["read 1 name", "changed"]);
    expect(record.data.name).toBe("changed");
    await change(server, { changed: [2] });
    server.missed("/live");
    await expect.waitForSteps(["watch thing 1", "read 1 name", "changed"]);
    record.close();
    await animationFrame();
    expect(connection.status().namespaces["/live"]).toBe(undefined); // nothing is followed any more
});

test("MockWebSocket: a record that may not be read any more has no data", async () => {
    await makeMockEnv();
    const server = mockLive();
    const record = liveRecord("thing", 1, { onChange: (data) => expect.step(data && data.name) });
    await expect.waitForSteps(["first", "watch thing 1", "first"]);
    onRpc("thing", "read", () => {
        throw makeServerError({ type: "AccessError", message: "not you" });
    });
    await change(server, { gone: [1] });
    await expect.waitForSteps([null]);
    expect(record.data).toBe(null);
    expect(record.error.data.message).toBe("not you");
    record.close();
});

test("MockWebSocket: a deleted record has no data, and says so", async () => {
    const server = mockLive();
    await makeMockEnv();
    const record = liveRecord("thing", 1, { onChange: (data) => expect.step(data && data.name) });
    await expect.waitForSteps(["first", "watch thing 1", "first"]);
    onRpc("thing", "read", () => []); // as Odoo answers
    await change(server, { gone: [1] });
    await expect.waitForSteps([null]);
    expect([record.data, record.error.name]).toEqual([null, "MissingError"]);
    record.close();
});

test("MockWebSocket: a component shows the record while it lives", async () => {
    class Viewer extends Component {
        static template = xml`<div class="name"><t t-if="thing.data" t-esc="thing.data.name"/></div>`;
        static props = {};
        setup() {
            this.thing = useLiveRecord("thing", 2, { fields: ["name"] });
        }
    }
    await makeMockEnv();
    const server = mockLive();
    const viewer = await mountWithCleanup(Viewer);
    await expect.waitForSteps(["watch thing 2"]);
    await waitFor(".name:contains(second)");
    MockServer.env["thing"].write([2], { name: "other" });
    await change(server, { changed: [2] });
    await waitFor(".name:contains(other)");
    viewer.__owl__.app.destroy();
    await animationFrame();
    expect(connection.status().namespaces["/live"]).toBe(undefined);
});

test("MockWebSocket: what several follow is asked for once, and told to each", async () => {
    await makeMockEnv();
    const server = mockLive();
    const told = (name) => (what) => expect.step(`${name} ${JSON.stringify(what?.changed)}`);
    const one = liveModel("thing", told("one"), { ids: [1] });
    const two = liveModel("thing", told("two"), { ids: [2], everything: true });
    await two.started;
    expect.verifySteps(["watch thing 1,2 and more"]);
    await change(server, { changed: [1, 3] });
    expect.verifySteps(["one [1]", "two [1,3]"]);
    two.close();
    await one.update({ ids: [1, 5] });
    expect.verifySteps(["watch thing 1,5"]);
    one.close();
});

test("MockWebSocket: what is followed is asked for again after each reconnection", async () => {
    await makeMockEnv();
    const server = mockLive();
    const follow = liveModel("thing", () => {}, { ids: [1] });
    await follow.started;
    expect.verifySteps(["watch thing 1"]);
    server.disconnect();
    await animationFrame();
    await advanceTime(2_000);
    await expect.waitForSteps(["watch thing 1"]);
    follow.close();
});

test("MockWebSocket: a model that is not live says so, and the record is read once", async () => {
    patchWithCleanup(console, { error: (text) => expect.step(text) });
    await makeMockEnv();
    const server = mockSocketIO();
    server.answer("/live", "watch", () => {
        throw Object.assign(new Error("thing is not live"), { name: "UserError" });
    });
    const record = liveRecord("thing", 1, { onChange: (data) => expect.step(data.name) });
    await expect.waitForSteps([
        "first",
        "web_socketio: thing is not followed: thing is not live",
        "first",
    ]);
    record.close();
});
