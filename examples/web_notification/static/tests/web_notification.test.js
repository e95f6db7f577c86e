import { expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mockService, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";

const PLAIN = { title: "Lunch", message: "is ready", res_model: false, res_id: false };
const OF_A_RECORD = { ...PLAIN, res_model: "res.partner", res_id: 7 };

/** Toasts of what the server sends in one go. */
async function receive(...notifications) {
    const server = mockSocketIO();
    await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
    await server.emit("/longpolling", "get notification", notifications);
    await animationFrame();
}

test("each notification is a toast", async () => {
    await receive(PLAIN, { ...PLAIN, title: "Coffee" });
    expect(".o_notification_content").toHaveCount(2);
    expect(".o_notification_content:first").toHaveText("Lunch. is ready");
    expect(".o_notification_buttons button").toHaveCount(0);
});

test("its button opens the record, and the toast goes", async () => {
    mockService("action", {
        doAction: ({ res_model, res_id }) => expect.step(`${res_model} ${res_id}`),
    });
    await receive(OF_A_RECORD);
    await click(".o_notification button:contains(Open)");
    await animationFrame();
    expect.verifySteps(["res.partner 7"]);
    expect(".o_notification").toHaveCount(0);
});
