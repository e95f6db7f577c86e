import { describe, expect, test } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { serverUrl, whyUnknown } from "@web_socketio/connection";

describe.current.tags("headless");

const page = { origin: "https://erp.test:8069", protocol: "https:", hostname: "erp.test" };

test("where the realtime server lives", () => {
    expect(serverUrl(false, page)).toBe("https://erp.test:8069");
    expect(serverUrl(":8068", page)).toBe("https://erp.test:8068");
    expect(serverUrl("8068", page)).toBe("https://erp.test:8068");
    expect(serverUrl("https://live.erp.test/", page)).toBe("https://live.erp.test");
});

test("what is no address is told, and the page's own server is asked", () => {
    const told = /system parameter web_socketio\.url is no address: "(.+?)"/;
    patchWithCleanup(console, { error: (text) => expect.step(told.exec(text)?.[1]) });
    for (const wrong of ["erp", "ftp://erp.test", ":8068/socket.io"]) {
        expect(serverUrl(wrong, page)).toBe("https://erp.test:8069");
        expect.verifySteps([wrong]);
    }
});

test("a page is told where its user cannot be known", () => {
    expect(whyUnknown("https://erp.test", page)).toBe(null);
    expect(whyUnknown("https://erp.test:8068", page)).toBe(null); // cookies ignore ports
    expect(whyUnknown("https://live.erp.test", page)).toMatch(/live\.erp\.test.*cookie/);
    expect(whyUnknown("http://erp.test:8068", page)).toMatch(/use https/);
});
