import { expect, test } from "@odoo/hoot";
import { click, waitForNone } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";

test("a note is shown, and the server is told when it has been read", async () => {
    const server = mockSocketIO();
    server.answer("/my_addon", "read", (id) => expect.step(`read ${id}`));
    await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
    await server.emit("/my_addon", "note", { note_id: 7, text: "Hello", author: "Ada" });
    await animationFrame();
    expect(".o_notification_content").toHaveText("Ada. Hello");
    await click(".o_notification button:contains(Read)");
    await expect.waitForSteps(["read 7"]);
    await waitForNone(".o_notification");
});
