import { EventArguments, SocketIO, SocketIOOptions } from "./socketio";

/** How the page's connection is. */
export interface ConnectionStatus {
    state: "idle" | "connecting" | "connected" | "reconnecting" | "refused";
    /** When this state began; null while nothing was asked for. */
    since: Date | null;
    /** Origin of the realtime server. */
    url: string;
    /** The last one, also where all is well again. */
    error: { message: string; date: Date } | null;
    /** By name: whether the server knows the session there, and why it refused it. */
    namespaces: Record<string, { ready: boolean; refused: string | null }>;
}

export interface SocketIOService {
    /** Triggers `change` when `status()` tells something else than before. */
    readonly bus: EventTarget;
    status(): ConnectionStatus;
    connect<Events extends object = EventArguments>(
        namespace: string,
        options?: SocketIOOptions
    ): SocketIO<Events>;
}

export const socketioService: {
    start(env: any): SocketIOService;
};
