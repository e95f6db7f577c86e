/** What an `emit` rejects with. */
export class SocketIOError extends Error {
    constructor(name: string, message: string);

    /** That of the server's exception, `ConnectionError` or `TimeoutError`. */
    name: string;
    /** Whether it tells of the network, not of what was asked. */
    readonly isNetwork: boolean;

    static from(reason: Error | { name?: string; message?: string }): SocketIOError;
}
