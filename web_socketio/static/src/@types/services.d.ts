declare module "services" {
    import { socketioService } from "@web_socketio/service";

    export interface Services {
        socketio: typeof socketioService;
    }
}
