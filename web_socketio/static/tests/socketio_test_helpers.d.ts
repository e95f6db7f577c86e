/** A realtime server behind Hoot's MockWebSocket. */
export interface MockSocketIOServer {
    /** What the next connections are told: whether all that was missed comes. */
    recovered: boolean | null;
    /** All emits of the page: namespace, event, arguments. */
    readonly received: [namespace: string, event: string, ...args: any[]][];
    /** By namespace, what the page sent with its last CONNECT. */
    readonly auth: Record<string, { v: number; position?: string; [name: string]: unknown }>;

    /** Answers an emit with what the handler returns, or with the error it throws. */
    answer(namespace: string, event: string, handler: (...args: any[]) => unknown): void;
    refuse(namespace: string, reason: string): void;
    /** Resolves when the page has connected to a namespace. */
    connected(namespace: string): Promise<void>;
    /** Sends a message; resolves when all handlers of the page have returned. */
    emit(namespace: string, event: string, ...args: any[]): Promise<void>;
    /** Tells the page that it missed messages for good. */
    missed(namespace: string): void;
    /** Loses the connection; the page tries again after a second or so. */
    disconnect(): void;
}

export function mockSocketIO(): MockSocketIOServer;
