import { expect, test } from "@odoo/hoot";
import { click, edit, waitFor, waitForNone } from "@odoo/hoot-dom";
import { advanceTime } from "@odoo/hoot-mock";
import {
    defineModels,
    defineWebModels,
    fields,
    MockServer,
    models,
    mountView,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { Deferred } from "@web/core/utils/concurrency";
import { session } from "@web/session";
import { liveModel, PAGE } from "@web_socketio/live";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";

class Thing extends models.Model {
    _name = "thing";
    name = fields.Char();
    _records = [
        { id: 1, name: "first" },
        { id: 2, name: "second" },
    ];
    _views = {
        list: `<list><field name="name"/></list>`,
        form: `<form><field name="name"/></form>`,
    };
}

defineWebModels();
defineModels([Thing]);

/** A server whose answer to what is to be followed may have to be waited for. */
function mockLive(answered = Promise.resolve()) {
    patchWithCleanup(session, { live_models: ["thing"] });
    const server = mockSocketIO();
    const followed = new Deferred();
    server.answer("/live", "watch", async (model, ids) => {
        await answered;
        followed.resolve();
        return ids;
    });
    return { server, followed };
}

/** A view of a live model, on a page that follows it. */
async function mountLive(type, params) {
    const { server, followed } = mockLive();
    await mountView({ type, resModel: "thing", ...params });
    await followed;
    await advanceTime(2_000); // what the view began to read before it could be followed
    return server;
}

async function editName(name) {
    await click("[name=name] input");
    await edit(name);
}

/** Changes a record as another page does, or this one. */
async function change(server, name, page = "another") {
    MockServer.env["thing"].write([1], { name });
    const told = { changed: [1], gone: [], uid: 2, page, write_date: "2026-01-01 00:00:00" };
    await server.emit("/live", "changes", "thing", [told]);
    await advanceTime(2_000);
}

test("a list shows what another page has written", async () => {
    const server = await mountLive("list");
    await change(server, "changed");
    await waitFor(".o_data_row:contains(changed)");
});

test("a page does not read again what it has written itself", async () => {
    const server = await mountLive("list");
    await change(server, "changed", PAGE);
    expect(".o_data_row:contains(changed)").toHaveCount(0);
});

test("a form shows what was written while it was not followed yet", async () => {
    const { server } = mockLive();
    const follow = liveModel("thing", () => {}, { ids: [2] }); // so that the page is connected
    await follow.started;
    const answered = new Deferred();
    server.answer("/live", "watch", (model, ids) => ids.includes(1) && answered);
    await mountView({ type: "form", resModel: "thing", resId: 1 });
    await advanceTime(2_000);
    MockServer.env["thing"].write([1], { name: "changed" });
    answered.resolve();
    await waitFor("[name=name] input:value(changed)");
    follow.close();
});

test("a form with changes of one's own keeps them, and says so", async () => {
    const server = await mountLive("form", { resId: 1 });
    await editName("mine");
    await change(server, "theirs");
    await waitFor(".o_notification:contains(Somebody else has changed this record)");
    expect("[name=name] input").toHaveValue("mine");
    await click(".o_notification button:contains(Discard mine)");
    await waitFor("[name=name] input:value(theirs)");
});

test("the warning goes when one's own changes are saved", async () => {
    const server = await mountLive("form", { resId: 1 });
    await editName("mine");
    await change(server, "theirs");
    await waitFor(".o_notification");
    await click(".o_form_button_save");
    await waitForNone(".o_notification");
    expect("[name=name] input").toHaveValue("mine");
});

test("who edits before the record can be followed is not warned of changes by nobody", async () => {
    const answered = new Deferred();
    const { followed } = mockLive(answered);
    await mountView({ type: "form", resModel: "thing", resId: 1 });
    await editName("mine");
    answered.resolve();
    await followed;
    await advanceTime(2_000);
    expect(".o_notification").toHaveCount(0);
    expect("[name=name] input").toHaveValue("mine");
});
