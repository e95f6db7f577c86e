import { expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mockService, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";

const QUESTION = {
    is_open: true, state: "pending", asked: true,
    who: "Ada", what: "Azure Interior", reason: "They call at ten.",
};

/** A page, and a server on which its user is asked; `request` may change. */
async function mockRequest(request) {
    const server = mockSocketIO();
    server.answer("/longpolling", "action request show", () => request);
    server.answer("/longpolling", "action request answer", (id, accepted) => {
        expect.step(`${id} ${accepted}`);
        return accepted && 42;
    });
    mockService("action", { doAction: (action) => expect.step(`opens ${action}`) });
    await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
    await tell(server);
    return server;
}

async function tell(server) {
    await server.emit("/longpolling", "action request", 5);
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
