declare module "services" {
    import { longpollingSocketService } from "@web_longpolling/longpolling_socket";

    export interface Services {
        longpolling_socket: typeof longpollingSocketService;
    }
}
