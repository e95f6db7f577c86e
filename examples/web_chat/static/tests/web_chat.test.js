import { expect, test } from "@odoo/hoot";
import { click, edit, queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";
import { Chat } from "@web_chat/chat";
import { ChatSystray } from "@web_chat/chat_systray";

const ADA = { id: 50, name: "Ada" };
const ROOMS = [
    { id: 1, name: "Everyone", unread: [], present: [ADA] },
    { id: 2, name: "Coffee corner", unread: [8, 9], present: [] },
];

function message(id, body, room_id = 1) {
    return { id, room_id, body, author_id: ADA.id, author: ADA.name, date: "2026-01-01 12:00:00" };
}

/** A server with two rooms, a message in each, and two that are unread in the second. */
function mockChat() {
    const server = mockSocketIO();
    server.answer("/chat", "overview", () => ROOMS);
    server.answer("/chat", "join", (room_id) => [message(room_id, "Good morning", room_id)]);
    return server;
}

async function openChat() {
    const server = mockChat();
    await mountWithCleanup(Chat, { props: { action: {} } });
    await waitFor(".o_web_chat_log li");
    return server;
}

async function send(server, event, content) {
    await server.emit("/chat", event, content);
    await animationFrame();
}

test("a room shows its messages and who is there", async () => {
    const server = await openChat();
    await send(server, "message", message(10, "Is the coffee ready?"));
    expect(".o_web_chat_log li").toHaveCount(2);
    expect(".o_web_chat_log li:last").toHaveText(/^Ada[^]*Is the coffee ready\?$/);
    expect(".o_web_chat_present").toHaveText("Ada");
    const aaron = { id: 51, name: "Aaron" };
    await send(server, "presence", { room_id: 1, user: aaron, present: true });
    const names = queryAllTexts(".o_web_chat_present li");
    expect(names).toEqual(["Aaron", "Ada"]); // as the server has them
    await send(server, "presence", { room_id: 1, user: ADA, present: false });
    expect(".o_web_chat_present").toHaveText("Aaron");
});

test("what is written goes to the server, and stays in the field when that refuses", async () => {
    const server = await openChat();
    server.answer("/chat", "post", (room_id, text) => {
        expect.step(`${room_id} ${text}`);
        throw Object.assign(new Error("Not now"), { name: "UserError" });
    });
    await click("input[aria-label=Message]");
    await edit("Hello");
    await click("button:contains(Send)");
    await expect.waitForSteps(["1 Hello"]);
    await waitFor(".o_notification:contains(Not now)");
    expect("input[aria-label=Message]").toHaveValue("Hello");
});

test("who types is shown for a while", async () => {
    const server = await openChat();
    await send(server, "typing", { room_id: 1, user: ADA });
    expect(".o_web_chat_typing").toHaveText("Ada is typing…");
    await advanceTime(3_000);
    await send(server, "typing", { room_id: 1, user: ADA });
    await advanceTime(3_000);
    await animationFrame();
    expect(".o_web_chat_typing").toHaveText("Ada is typing…");
    await advanceTime(2_000);
    await animationFrame();
    expect(".o_web_chat_typing").toHaveText("");
});

test("the badge counts each unread message once, in all rooms", async () => {
    const server = mockChat();
    await mountWithCleanup(ChatSystray);
    await waitFor(".o_web_chat_unread:contains(2)");
    await send(server, "posted", { id: 10, room_id: 1, author_id: ADA.id });
    await send(server, "posted", { id: 10, room_id: 1, author_id: ADA.id });
    expect(".o_web_chat_unread").toHaveText("3");
    await send(server, "read", { room_id: 2, read_id: 9 });
    expect(".o_web_chat_unread").toHaveText("1");
    await send(server, "read", { room_id: 1, read_id: 10 });
    expect(".o_web_chat_unread").toHaveCount(0);
});
