import { EventArguments, SocketIO, SocketIOOptions } from "./socketio";

/** A namespace for the life of the calling component: its handlers end with the component. */
export function useSocketIO<Events extends object = EventArguments>(
    namespace: string,
    options?: SocketIOOptions
): SocketIO<Events>;
