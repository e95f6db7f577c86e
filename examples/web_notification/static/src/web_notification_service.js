import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

export const webNotificationService = {
    dependencies: ["longpolling_socket", "notification", "action"],
    start(env, { longpolling_socket, notification, action }) {
        function show({ title, message, res_model, res_id }) {
            const views = [[false, "form"]];
            const open = () => {
                close();
                action.doAction({ type: "ir.actions.act_window", res_model, res_id, views });
            };
            const buttons = res_id ? [{ name: _t("Open"), primary: true, onClick: open }] : [];
            const close = notification.add(message, { title, buttons, type: "info", sticky: true });
        }
        longpolling_socket.on("get notification", (messages) => messages.forEach(show));
    },
};

registry.category("services").add("web_notification", webNotificationService);
