import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Shows each note to the user as it comes, and tells the server when it has been read. */
export const myAddonService = {
    dependencies: ["notification", "socketio"],
    start(env, { notification, socketio }) {
        const socket = socketio.connect("/my_addon");
        socket.on("note", ({ note_id, text, author }) => {
            const onClick = async () => {
                await socket.emit("read", note_id);
                close();
            };
            const buttons = [{ name: _t("Read"), primary: true, onClick }];
            const close = notification.add(text, { title: author, sticky: true, buttons });
        });
    },
};

registry.category("services").add("my_addon", myAddonService);
