// The whole public API as an addon in TypeScript uses it; `make lint` checks its types.
import type { Services } from "services";
import { SocketIOError } from "@web_socketio/errors";
import { useSocketIO } from "@web_socketio/hooks";
import {
    Change, Follow, liveModel, liveRecord, LiveRecord, PAGE, useLiveModel, useLiveRecord,
} from "@web_socketio/live";
import { ConnectionStatus } from "@web_socketio/service";
import { SocketIO, SocketIOOptions } from "@web_socketio/socketio";
import { mockSocketIO } from "@web_socketio/../tests/socketio_test_helpers";

// -- a namespace whose events are typed, and one whose events are not ----------------------------

interface ChatEvents {
    message: [message: { id: number; body: string }];
    typing: [user: string, since: Date];
}

const options: SocketIOOptions = { timeout: 5_000, since: null, lazy: true };
const chat = new SocketIO<ChatEvents>("/chat", options);
chat.on("message", ({ id, body }) => console.debug(id.toFixed(), body.trim()))
    .once("typing", async (user, since) => `${user.trim()} ${since.getTime()}`)
    .on("recovered", ({ recovered }) => recovered === false)
    .on("disconnect", (reason) => reason.trim())
    .on("connect", () => {})
    .off("typing")
    .off();
// @ts-expect-error: there is no such event
chat.on("mesage", () => {});
// @ts-expect-error: a message has no subject
chat.on("message", ({ subject }) => subject);
// @ts-expect-error: a reason is a string
chat.on("refused", (reason: number) => reason);

const any = new SocketIO("/any");
any.on("whatever", (one, two) => one + two).on("refused", (reason) => reason.trim());
any.timeout = 100;
// @ts-expect-error: the server decides
any.connected = true;

async function ask(): Promise<number> {
    try {
        return await chat.connect().emit<number>("post", 1, { body: "hi" });
    } catch (error) {
        if (error instanceof SocketIOError && !error.isNetwork && error.name === "UserError") {
            return error.message.length;
        }
        throw error;
    } finally {
        chat.disconnect();
    }
}

// -- components ----------------------------------------------------------------------------------

interface Partner {
    name: string;
    email: string | false;
}

export class Card {
    static page: string = PAGE;
    socket = useSocketIO<ChatEvents>("/chat");
    partner: LiveRecord<Partner> = useLiveRecord<Partner>("res.partner", 1, {
        fields: ["name", "email"],
        onChange: (data) => data?.name.trim(),
    });
    others: Follow = useLiveModel("res.partner", (change) => this.read(change), { ids: [1, 2] });

    get title(): string {
        return this.partner.data?.name ?? this.partner.error?.message ?? "";
    }

    read(change: Change | null): number[] {
        return change ? [...change.changed, ...change.gone, change.uid] : [];
    }

    async everything(): Promise<number[] | null> {
        await this.others.started;
        return this.others.update({ everything: true });
    }
}

const record = liveRecord("res.partner", 7);
record.data?.anything;
record.close();
// @ts-expect-error: it is not a field of Partner
liveRecord<Partner>("res.partner", 7, { fields: ["nmae"] });
liveModel("res.partner", () => {}).close();

// -- services ------------------------------------------------------------------------------------

type Service<Name extends keyof Services> = Awaited<ReturnType<Services[Name]["start"]>>;

export function start(socketio: Service<"socketio">, shared: Service<"longpolling_socket">) {
    const status: ConnectionStatus = socketio.status();
    // @ts-expect-error: no such state
    if (status.state === "offline") {
        return;
    }
    for (const [name, { ready, refused }] of Object.entries(status.namespaces)) {
        console.debug(name.trim(), ready === true, refused?.trim(), status.since?.getTime());
    }
    socketio.bus.addEventListener("change", () => status.error?.message.trim());
    socketio.connect<ChatEvents>("/chat").on("message", ({ body }) => body.trim());
    shared.on("get notification", (messages) => messages.length);
}

// -- the form of 2013 ----------------------------------------------------------------------------

openerp.my_addon = function (instance) {
    new instance.web.SocketIO("/chat").on("message", (message) => message);
    instance.web.longpolling_socket.on("get notification", (messages) => messages.length);
    // @ts-expect-error: not in Odoo 19
    instance.web.Widget.extend({});
};

// -- in Hoot tests -------------------------------------------------------------------------------

export async function test() {
    const server = mockSocketIO();
    server.answer("/chat", "post", (room: number) => room);
    server.refuse("/other", "Invalid namespace");
    server.recovered = true;
    await server.connected("/chat");
    await server.emit("/chat", "message", { id: 1, body: "hi" });
    server.missed("/chat");
    server.disconnect();
    return [await ask(), server.received.length, server.auth["/chat"].position];
}
