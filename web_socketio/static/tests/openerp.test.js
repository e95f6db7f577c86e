import { describe, expect, test } from "@odoo/hoot";

describe.current.tags("headless");

test("what is not there any more names what is there today", () => {
    const start = openerp[Symbol.for("web_socketio.start")];
    start({ SocketIO: class {} }); // of no effect where the web client has started it before
    expect(() => openerp.web.Widget).toThrow(/instance\.web\.Widget .* Component of '@odoo\/owl'/);
    expect(() => openerp.web.SomethingElse).toThrow(/documentation/);
});
