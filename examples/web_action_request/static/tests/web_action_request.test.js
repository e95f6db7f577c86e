import { expect, test } from "@odoo/hoot";
import { click, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { getMockEnv, mockService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";

const QUESTION = {
    is_open: true, state: "pending", asked: true,
    who: "Ada", what: "Azure Interior", reason: "They call at ten.",
};

/** A page whose user is asked, unless that was before it opens; `request` may change. */
async function mockRequest(request, waiting = []) {
    const server = mockSocketIO();
    server.answer("/action_request", "show", () => request);
    server.answer("/action_request", "answer", (id, accepted) => {
        expect.step(`${id} ${accepted}`);
        return accepted && 42;
    });
    mockService("action", { doAction: (action) => expect.step(`opens ${action}`) });
    onRpc("web.action.request", "waiting", () => ({ ids: waiting, position: "here" }));
    await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
    getMockEnv().bus.trigger("WEB_CLIENT_READY");
    await server.connected("/action_request");
    if (!waiting.length) {
        await tell(server);
    }
    await animationFrame();
    return server;
}

async function tell(server) {
    await server.emit("/action_request", "request", 5);
    await animationFrame();
}

test("who accepts opens what the server says", async () => {
    await mockRequest(QUESTION);
    expect(".modal-body").toHaveText(/Ada asks to open “Azure Interior”[^]*They call at ten/);
    expect.verifySteps([]);
    await click(".modal button:contains(Open it)");
    await expect.waitForSteps(["5 true", "opens 42"]);
    await animationFrame();
    expect(".modal").toHaveCount(0);
});

test("a page that is opened later asks what waits, and goes on from there", async () => {
    const server = await mockRequest(QUESTION, [5]);
    await waitFor(".modal");
    expect(server.auth["/action_request"].position).toBe("here");
    await tell(server);
    expect(".modal").toHaveCount(1);
});

test("who refuses opens nothing", async () => {
    await mockRequest(QUESTION);
    await click(".modal button:contains(Refuse)");
    await expect.waitForSteps(["5 false"]);
});

test("the dialog closes when the answer was given on another page", async () => {
    const request = { ...QUESTION };
    const server = await mockRequest(request);
    expect(".modal").toHaveCount(1);
    Object.assign(request, { is_open: false, state: "accepted" });
    await tell(server);
    expect(".modal").toHaveCount(0);
    expect(".o_notification").toHaveCount(0);
});

test("who asked is told the answer", async () => {
    await mockRequest({ ...QUESTION, asked: false, who: "Grace", state: "refused" });
    expect(".modal").toHaveCount(0);
    expect(".o_notification_content").toHaveText("Grace does not want to open “Azure Interior”.");
});
