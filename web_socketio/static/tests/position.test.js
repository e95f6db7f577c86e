import { describe, expect, test } from "@odoo/hoot";
import { browser } from "@web/core/browser/browser";
import { PositionKeeper } from "@web_socketio/position";

describe.current.tags("headless");

function event(...ids) {
    return { s: "sub", ids, g: 1 };
}

test("a position waits for the handlers of what came before it", () => {
    const keeper = new PositionKeeper("position");
    const frame = keeper.open(event(1));
    keeper.arrived({ p: "after 1", g: 2 });
    expect(keeper.auth).toEqual({});
    keeper.settle(frame, true);
    expect(keeper.auth).toEqual({ position: "after 1", seen: {} });
});

test("what came after the position, or is not behind it, stays among the seen", () => {
    const keeper = new PositionKeeper("seen");
    keeper.settle(keeper.open({ s: "sub", ids: [1], g: 1 }), true);
    keeper.settle(keeper.open({ s: "sub", ids: [2], g: 2 }), true);
    keeper.arrived({ p: "p", g: 2 });
    keeper.settle(keeper.open({ s: "other", ids: [2, 3], g: 2 }), true);
    expect(keeper.auth).toEqual({ position: "p", seen: { sub: [2], other: [2, 3] } });
});

test("ids of an earlier connection lie behind the first position of this one", () => {
    const keeper = new PositionKeeper("connection");
    keeper.connected(null);
    keeper.arrived({ p: "one", g: 1 });
    keeper.settle(keeper.open({ s: "sub", ids: [7], g: 90 }), true);
    keeper.connected(true);
    expect(keeper.auth).toEqual({ position: "one", seen: { sub: [7] } });
    keeper.arrived({ p: "two", g: 1 });
    expect(keeper.auth).toEqual({ position: "two", seen: {} });
});

test("an event is known when each of its ids is, on the same subscription", () => {
    const keeper = new PositionKeeper("known");
    const frames = [keeper.open(event(1, 2)), keeper.open(event(3))];
    expect(keeper.find(event(1, 3))).toEqual(frames);
    expect(keeper.find(event(1, 4))).toBe(null);
    expect(keeper.find({ ...event(1), s: "other" })).toBe(null);
    expect(keeper.find({ s: "sub", ids: null, g: 1 })).toBe(null);
});

test("what failed is not known, and comes back with the handlers that had returned", () => {
    const keeper = new PositionKeeper("failed");
    const frame = keeper.open(event(1));
    frame.returned.add("handler");
    keeper.settle(frame, false);
    expect(keeper.find(event(1))).toBe(null);
    keeper.arrived({ p: "p", g: 1 });
    expect(keeper.auth.seen).toEqual({ sub: [] });
    expect([...keeper.open(event(1)).returned]).toEqual(["handler"]);
});

test("a reload resumes, and does not see again what was seen", () => {
    const keeper = new PositionKeeper("reload");
    keeper.arrived({ p: "p", g: 1 });
    keeper.settle(keeper.open(event(5)), true);
    keeper.flush();
    const reloaded = new PositionKeeper("reload");
    expect(reloaded.auth).toEqual({ position: "p", seen: { sub: [5] } });
    expect(reloaded.find(event(5))).not.toBe(null);
});

test("the position of the page's state is where a client starts that has no other", () => {
    const keeper = new PositionKeeper("since", "page");
    expect(keeper.auth).toEqual({ position: "page", seen: {} });
    keeper.arrived({ p: "p", g: 1 });
    keeper.flush();
    expect(new PositionKeeper("since", "page").auth.position).toBe("p");
});

test("a client that was not recovered forgets everything", () => {
    const keeper = new PositionKeeper("lost");
    keeper.arrived({ p: "p", g: 1 });
    keeper.settle(keeper.open(event(5)), true);
    keeper.connected(false);
    expect(keeper.auth).toEqual({});
    expect(keeper.find(event(5))).toBe(null);
});

test("forget leaves nothing in the tab's storage", () => {
    const keeper = new PositionKeeper("forget");
    keeper.arrived({ p: "p", g: 1 });
    keeper.flush();
    expect(browser.sessionStorage.getItem("forget")).not.toBe(null);
    keeper.forget();
    expect(browser.sessionStorage.getItem("forget")).toBe(null);
});

test("at most 50,000 ids are remembered per subscription", () => {
    const keeper = new PositionKeeper("bound");
    for (let id = 1; id <= 50_001; id++) {
        keeper.settle(keeper.open(event(id)), true);
    }
    expect(keeper.find(event(1))).toBe(null);
    expect(keeper.find(event(2))).not.toBe(null);
    expect(keeper.find(event(50_001))).not.toBe(null);
});

test("while a handler hangs, positions do not pile up", () => {
    const keeper = new PositionKeeper("hangs");
    keeper.settle(keeper.open(event(1)), true);
    const frame = keeper.open(event(2));
    for (let g = 1; g <= 100; g++) {
        keeper.arrived({ p: `p${g}`, g });
    }
    expect(keeper.marks).toHaveLength(1);
    keeper.settle(frame, true);
    expect(keeper.position).toBe("p100");
});

test("what a damaged storage holds is as good as nothing", () => {
    for (const stored of ["{", "{}", "null"]) {
        browser.sessionStorage.setItem("damaged", stored);
        expect(new PositionKeeper("damaged", "page").position).toBe("page");
    }
});
