import { describe, expect, test } from "@odoo/hoot";
import { serverUrl } from "@web_socketio/connection";

describe.current.tags("headless");

const page = { origin: "https://erp.test:8069", protocol: "https:", hostname: "erp.test" };

test("where the realtime server lives", () => {
    expect(serverUrl(false, page)).toBe("https://erp.test:8069");
    expect(serverUrl(":8068", page)).toBe("https://erp.test:8068");
    expect(serverUrl("8068", page)).toBe("https://erp.test:8068");
    expect(serverUrl("https://live.erp.test/", page)).toBe("https://live.erp.test");
});
