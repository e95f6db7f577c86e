/** Arguments of the server's events by name, to type the handlers: `new SocketIO<MyEvents>(…)`. */
export type EventArguments = Record<string, any[]>;

/** What the wrapper itself tells; see docs/reference/javascript.md. */
export interface OwnEvents {
    /** The session is valid: at once where it is already, and after each reconnection. */
    connect: [];
    /** As `connect`, but not the first time. */
    reconnect: [];
    disconnect: [reason: string];
    /** `{recovered: false}`: messages were missed for good, read your state again. */
    recovered: [{ recovered: boolean }];
    /** The server does not want this page: nothing more will come. */
    refused: [reason: string];
    /** An event failed on the server that nobody awaited. */
    error: [name: string | { name: string; message: string }, text?: string];
}

export interface SocketIOOptions {
    /** Of an emit, in milliseconds; 60,000 by default. */
    timeout?: number;
    /** Position of the state that the page shows: what was published after it is delivered, too. */
    since?: string | null;
    /** Connect at the first use instead of at once. */
    lazy?: boolean;
}

/** A namespace of the realtime server; all of a page share one connection. */
export class SocketIO<Events extends object = EventArguments> {
    constructor(namespace: string, options?: SocketIOOptions);

    readonly namespace: string;
    /** Of an emit, in milliseconds. */
    timeout: number;
    /** Whether the server knows this page's session. */
    readonly connected: boolean;

    /** Joins the connection; whatever uses a namespace does so by itself. */
    connect(): this;
    /** The server's request for an acknowledgement is answered when every handler has returned. */
    on<Event extends keyof OwnEvents>(
        event: Event,
        callback: (...args: OwnEvents[Event]) => unknown
    ): this;
    on<Event extends Exclude<keyof Events, keyof OwnEvents>>(
        event: Event,
        callback: (...args: Events[Event] extends any[] ? Events[Event] : never) => unknown
    ): this;
    once<Event extends keyof OwnEvents>(
        event: Event,
        callback: (...args: OwnEvents[Event]) => unknown
    ): this;
    once<Event extends Exclude<keyof Events, keyof OwnEvents>>(
        event: Event,
        callback: (...args: Events[Event] extends any[] ? Events[Event] : never) => unknown
    ): this;
    off(event?: keyof OwnEvents | keyof Events, callback?: (...args: any[]) => unknown): this;
    /** Resolves with what `on_<event>` returned on the server; rejects with a `SocketIOError`. */
    emit<Answer = any>(event: string, ...args: any[]): Promise<Answer>;
    /** Ends this instance and its handlers; it comes back when it is used again. */
    disconnect(): void;
}
