import { describe, expect, test } from "@odoo/hoot";
import { myAddonService } from "@my_addon/my_addon_service";

describe.current.tags("headless");

const NOTE = { note_id: 7, text: "Hello", author: "Ada" };

test("a note is shown, and the server is told when it has been read", async () => {
    let receive, button;
    const socket = {
        on: (event, handler) => (receive = event === "note" && handler),
        emit: async (event, ...args) => expect.step([event, ...args]),
    };
    const socketio = { connect: (namespace) => expect.step(namespace) && socket };
    const notification = {
        add: (text, { title, buttons }) => {
            expect.step([title, text]);
            button = buttons[0];
            return () => expect.step("closed");
        },
    };
    myAddonService.start({}, { notification, socketio });
    receive(NOTE);
    await button.onClick();
    expect.verifySteps(["/my_addon", ["Ada", "Hello"], ["read", 7], "closed"]);
});
