/* The wrapper and socket.io-client on Hoot's MockWebSocket: the server is not the real one. */
import { advanceTime, animationFrame, describe, expect, test, tick } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { connection } from "@web_socketio/connection";
import { SocketIO } from "@web_socketio/socketio";
import { mockSocketIO } from "./socketio_test_helpers";

describe.current.tags("headless");

async function settle() {
    await animationFrame();
    await tick();
}

test("MockWebSocket: events reach every handler, and are acknowledged then", async () => {
    const server = mockSocketIO();
    const [one, two] = [new SocketIO("/test"), new SocketIO("/test")];
    one.on("news", (text) => expect.step(`one ${text}`));
    one.on("news", (text) => expect.step(`again ${text}`));
    two.on("news", (text) => expect.step(`two ${text}`));
    await server.emit("/test", "news", "hello");
    expect.verifySteps(["one hello", "again hello", "two hello"]);
    one.disconnect();
    await server.emit("/test", "news", "later");
    expect.verifySteps(["two later"]);
});

test("MockWebSocket: an emit resolves with the answer or rejects with the error", async () => {
    const server = mockSocketIO();
    server.answer("/test", "add", (a, b) => a + b);
    server.answer("/test", "refuse", () => {
        throw Object.assign(new Error("not you"), { name: "AccessError" });
    });
    const socket = new SocketIO("/test");
    expect(await socket.emit("add", 1, 2)).toBe(3);
    const error = await socket.emit("refuse").catch((reason) => reason);
    expect([error.name, error.message, error.isNetwork]).toEqual(["AccessError", "not you", false]);
});

test("MockWebSocket: a late handler gets what came before it", async () => {
    const server = mockSocketIO();
    const socket = new SocketIO("/test");
    socket.on("other", () => {});
    const acknowledged = server.emit("/test", "news", "early");
    await settle();
    socket.on("news", (text) => expect.step(text));
    await acknowledged;
    expect.verifySteps(["early"]);
});

test("MockWebSocket: what comes twice is seen once and acknowledged twice", async () => {
    const server = mockSocketIO();
    new SocketIO("/test").on("news", (text) => expect.step(text));
    await server.emit("/test", "news", "hello");
    await server.send("/test", 99, "news", "hello", { s: "mock news", ids: [1], g: 1 });
    expect.verifySteps(["hello"]);
});

test("MockWebSocket: a lost connection is made again, with the position", async () => {
    const server = mockSocketIO();
    const socket = new SocketIO("/test");
    for (const event of ["connect", "disconnect", "reconnect"]) {
        socket.on(event, () => expect.step(event));
    }
    await server.connected("/test");
    server._event("/test", "web_socketio:position", { p: "here", g: 1 });
    await settle();
    server.disconnect();
    await settle();
    expect(connection.status().state).toBe("reconnecting");
    expect(connection.status().error.message).toMatch(/./);
    server.recovered = true;
    await advanceTime(2_000);
    await server.connected("/test");
    await settle();
    expect.verifySteps(["connect", "disconnect", "connect", "reconnect"]);
    expect(server.auth["/test"].position).toBe("here");
    expect(connection.status().state).toBe("connected");
});

test("MockWebSocket: a refusal is told, and emits fail with it", async () => {
    patchWithCleanup(console, { warn: (text) => expect.step(text) });
    const server = mockSocketIO();
    server.refuse("/test", "Invalid namespace");
    const socket = new SocketIO("/test");
    socket.on("refused", (why) => expect.step(`refused: ${why}`));
    const error = await socket.emit("anything").catch((reason) => reason);
    expect([error.name, error.message]).toEqual(["ConnectionError", "Invalid namespace"]);
    expect.verifySteps([
        "web_socketio: /test was refused: Invalid namespace",
        "refused: Invalid namespace",
    ]);
    expect(connection.status().state).toBe("refused");
    expect(connection.status().namespaces["/test"].refused).toBe("Invalid namespace");
});

test("MockWebSocket: one connection for all namespaces, opened by the first", async () => {
    const server = mockSocketIO();
    expect(connection.status().state).toBe("idle");
    expect(server.socket).toBe(null);
    new SocketIO("/one");
    new SocketIO("/two");
    const socket = server.socket;
    await Promise.all([server.connected("/one"), server.connected("/two")]);
    expect(server.socket).toBe(socket || server.socket);
    await settle();
    expect(Object.keys(connection.status().namespaces)).toEqual(["/one", "/two"]);
});

test("MockWebSocket: a lazy one connects at its first use, and each comes back after disconnect", async () => {
    const server = mockSocketIO();
    const socket = new SocketIO("/test", { lazy: true, since: "here" });
    await settle();
    expect([server.socket, socket.connected]).toEqual([null, false]);
    socket.on("news", (text) => expect.step(text));
    await server.emit("/test", "news", "hello");
    expect(server.auth["/test"].position).toBe("here");
    expect(socket.connected).toBe(true);
    socket.disconnect();
    await settle();
    expect(connection.status().state).toBe("idle");
    expect(socket.connect().connected).toBe(false);
    await server.connected("/test");
    await settle();
    expect(server.auth["/test"].position).toBe(undefined); // of a state that is long gone
    expect.verifySteps(["hello"]);
});

test("MockWebSocket: a page that is online or seen again does not wait long", async () => {
    patchWithCleanup(Math, { random: () => 0.5 });
    const server = mockSocketIO();
    new SocketIO("/test").on("reconnect", () => expect.step("reconnect"));
    await server.connected("/test");
    for (const name of ["online", "visibilitychange"]) {
        connection.retry.failures = 10; // as after minutes without a server
        server.disconnect();
        await settle();
        await advanceTime(5_000);
        expect(connection.retry.timer).not.toBe(null);
        window.dispatchEvent(new Event(name));
        await advanceTime(2_000);
        expect(connection.retry.timer).toBe(null); // it was tried
        await server.connected("/test");
        await settle();
        expect.verifySteps(["reconnect"]);
    }
});

test("MockWebSocket: a page that is put aside leaves, and comes back with its position", async () => {
    const server = mockSocketIO();
    new SocketIO("/test").on("reconnect", () => expect.step("reconnect"));
    await server.connected("/test");
    server._event("/test", "web_socketio:position", { p: "here", g: 1 });
    await settle();
    window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    await advanceTime(60_000);
    expect(connection.status().state).toBe("idle");
    server.connections.clear();
    window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    expect(connection.status().state).toBe("connecting");
    await server.connected("/test");
    await settle();
    expect(server.auth["/test"].position).toBe("here");
    expect.verifySteps(["reconnect"]);
});

test("MockWebSocket: nothing is tried any more once the last one has left", async () => {
    const server = mockSocketIO();
    const socket = new SocketIO("/test");
    await server.connected("/test");
    server.disconnect();
    await settle();
    const lost = server.socket;
    socket.disconnect();
    await advanceTime(60_000);
    expect(server.socket).toBe(lost);
    expect(connection.status().state).toBe("idle");
});
