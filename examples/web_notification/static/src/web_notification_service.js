import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

export const webNotificationService = {
    dependencies: ["longpolling_socket", "notification", "action"],
    start(env, { longpolling_socket, notification, action }) {
        function show({ title, message, res_model, res_id }) {
            const open = () =>
                action.doAction({
                    type: "ir.actions.act_window",
                    res_model,
                    res_id,
                    views: [[false, "form"]],
                });
            const buttons = res_id ? [{ name: _t("Open"), primary: true, onClick: open }] : [];
            notification.add(message, { title, buttons, type: "info", sticky: true });
        }
        longpolling_socket.on("get notification", (messages) => messages.forEach(show));
    },
};

registry.category("services").add("web_notification", webNotificationService);
