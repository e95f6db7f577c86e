import { describe, expect, test, tick } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";

describe.current.tags("headless");

function startServices() {
    const start = openerp[Symbol.for("web_socketio.start")];
    start({ SocketIO: class {} }); // of no effect where the web client has started it before
}

function message(act) {
    try {
        return act();
    } catch (error) {
        return error.message;
    }
}

test("what is not there any more names what is there today", () => {
    startServices();
    expect(() => openerp.web.Widget).toThrow(/instance\.web\.Widget .* Component of '@odoo\/owl'/);
    expect(() => openerp.web.Model).toThrow(/instance\.web\.Model .* service 'orm'/);
    expect(() => openerp.web.include).toThrow(/instance\.web\.include .* patch of '@web/);
    expect(() => openerp.web.SomethingElse).toThrow(/documentation/);
});

test("the modules that it names are there", () => {
    startServices();
    const names = ["include", "Dialog", "_t", "session", "search", "jsonRpc", "pyeval"];
    for (const name of [...names, "_lt", "str_to_datetime", "datetime_to_str"]) {
        const [module] = /@web\/[\w/]+/.exec(message(() => openerp.web[name]));
        expect([module, odoo.loader.modules.has(module)]).toEqual([module, true]);
    }
});

test("after the services each function runs at once, once, and one that fails stops nobody", async () => {
    patchWithCleanup(console, { error: (text, why) => expect.step(`${text} ${why.message}`) });
    startServices();
    function addon(instance) {
        expect.step(`runs, with SocketIO: ${"SocketIO" in instance.web}`);
    }
    openerp.test_hoot = addon;
    openerp.test_hoot = addon; // a file that is loaded twice
    openerp.test_hoot_broken = () => {
        throw new Error("broken");
    };
    openerp.test_hoot_late = async () => {
        await tick();
        throw new Error("broken later");
    };
    await tick();
    await tick();
    expect.verifySteps([
        "runs, with SocketIO: true",
        "openerp.test_hoot_broken failed: broken",
        "openerp.test_hoot_late failed: broken later",
    ]);
});
