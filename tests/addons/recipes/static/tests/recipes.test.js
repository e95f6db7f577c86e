/* The JavaScript of docs/recipes.md. */
import { expect, test } from "@odoo/hoot";
import { press, waitFor } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { Component, xml } from "@odoo/owl";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";
import { useTyping } from "@recipes/typing";

class Note extends Component {
    static template = xml`
        <div>
            <input autofocus="" t-on-keydown="onKey"/>
            <span class="typing" t-esc="Object.keys(typing.users).join()"/>
        </div>`;
    static props = {};

    setup() {
        Object.assign(this, useTyping("recipes.note", 7));
    }
}

test("what is told is a toast", async () => {
    const server = mockSocketIO();
    await mountWithCleanup(MainComponentsContainer, { noMainContainer: true });
    await server.emit("/longpolling", "told", { text: "hello" });
    await waitFor(".o_notification:contains(hello)");
});

test("who types tells it once a second at most", async () => {
    const server = mockSocketIO();
    server.answer("/recipes/typing", "open", (...args) => expect.step(["open", ...args]));
    server.answer("/recipes/typing", "type", () => expect.step("type"));
    await mountWithCleanup(Note);
    await expect.waitForSteps([["open", "recipes.note", 7]]);
    await press("a");
    await press("b");
    await expect.waitForSteps(["type"]);
    await advanceTime(1_100);
    await press("c");
    await expect.waitForSteps(["type"]);
});

test("who else types is shown until it was quiet for three seconds", async () => {
    const server = mockSocketIO();
    await mountWithCleanup(Note);
    await server.emit("/recipes/typing", "types", 5);
    await animationFrame();
    expect(".typing").toHaveText("5");
    await advanceTime(2_000);
    await server.emit("/recipes/typing", "types", 5);
    await advanceTime(2_000);
    await animationFrame();
    expect(".typing").toHaveText("5");
    await advanceTime(1_100);
    await animationFrame();
    expect(".typing").toHaveText("");
});
