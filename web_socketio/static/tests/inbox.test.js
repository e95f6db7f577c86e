import { Deferred, describe, expect, test, tick, advanceTime } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { Inbox } from "@web_socketio/inbox";
import { PositionKeeper } from "@web_socketio/position";

describe.current.tags("headless");

let numbers = 0;

function makeInbox() {
    const keeper = new PositionKeeper(`inbox ${++numbers}`);
    return new Inbox("/test", keeper);
}

function envelope(...ids) {
    return { s: "sub", ids, g: 1 };
}

function catchErrors() {
    patchWithCleanup(console, { error: (...args) => expect.step(args[0]) });
}

test("an event is acknowledged when every handler has returned", async () => {
    const inbox = makeInbox();
    const slow = new Deferred();
    inbox.add("news", (text) => expect.step(text));
    inbox.add("news", () => slow);
    inbox.receive("news", ["hello"], envelope(1), () => expect.step("ack"));
    await tick();
    expect.verifySteps(["hello"]);
    slow.resolve();
    await tick();
    expect.verifySteps(["ack"]);
});

test("a handler that throws keeps the acknowledgement back; only it sees the message again", async () => {
    catchErrors();
    const inbox = makeInbox();
    let broken = true;
    inbox.add("news", () => expect.step("sound"));
    inbox.add("news", () => {
        expect.step("broken");
        if (broken) {
            throw new Error("on purpose");
        }
    });
    const ack = () => expect.step("ack");
    inbox.receive("news", [], envelope(1), ack);
    await tick();
    expect.verifySteps(["sound", "broken", '/test: a handler of "news" failed:']);
    broken = false;
    inbox.receive("news", [], envelope(1), ack);
    await tick();
    expect.verifySteps(["broken", "ack"]);
});

test("a duplicate is not seen again, but acknowledged, and not before the first one is done", async () => {
    const inbox = makeInbox();
    const slow = new Deferred();
    inbox.add("news", () => {
        expect.step("seen");
        return slow;
    });
    inbox.receive("news", [], envelope(1), () => expect.step("first ack"));
    inbox.receive("news", [], envelope(1), () => expect.step("second ack"));
    await tick();
    expect.verifySteps(["seen"]);
    slow.resolve();
    await tick();
    expect.verifySteps(["first ack", "second ack"]);
});

test("an event waits for its first handlers, and holds the position", async () => {
    const inbox = makeInbox();
    inbox.receive("news", ["early"], envelope(1), () => expect.step("ack"));
    inbox.keeper.arrived({ p: "p", g: 2 });
    await tick();
    expect.verifySteps([]);
    expect(inbox.keeper.position).toBe(null);
    inbox.add("news", (text) => expect.step(`one ${text}`));
    inbox.add("news", (text) => expect.step(`two ${text}`));
    await tick();
    expect.verifySteps(["one early", "two early", "ack"]);
    expect(inbox.keeper.position).toBe("p");
});

test("early events are given up after a while, and a late handler is told", async () => {
    const inbox = makeInbox();
    inbox.receive("news", [], envelope(1), null);
    inbox.keeper.arrived({ p: "p", g: 2 });
    await advanceTime(60_000);
    expect(inbox.keeper.position).toBe("p");
    inbox.add("recovered", ({ recovered }) => expect.step(`recovered ${recovered}`));
    inbox.add("news", () => expect.step("seen"));
    await tick();
    expect.verifySteps(["recovered false"]);
});

test("at most 200 early events wait", async () => {
    const inbox = makeInbox();
    for (let id = 1; id <= 201; id++) {
        inbox.receive("news", [id], envelope(id), null);
    }
    const seen = [];
    inbox.add("news", (id) => seen.push(id));
    await tick();
    expect(seen.length).toBe(200);
    expect(seen[0]).toBe(2);
});

test("an event whose handlers all left counts as handled", async () => {
    const inbox = makeInbox();
    const handler = () => expect.step("seen");
    inbox.add("news", handler);
    inbox.remove("news", handler);
    inbox.receive("news", [], envelope(1), () => expect.step("ack"));
    await tick();
    expect.verifySteps(["ack"]);
});
