import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { SocketIO } from "@web_socketio/socketio";

export const actionRequestService = {
    dependencies: ["action", "dialog", "notification", "orm"],
    start(env, { action, dialog, notification, orm }) {
        let socket = null;
        const questions = new Map(); // id of the request -> function that closes its dialog

        async function answer(id, accepted) {
            questions.delete(id);
            const opened = await socket.emit("answer", id, accepted);
            if (opened) {
                await action.doAction(opened);
            }
        }

        function ask(id, { who, what, reason }) {
            const question = _t("%(who)s asks to open “%(what)s” on your screen.", { who, what });
            const close = dialog.add(ConfirmationDialog, {
                title: _t("A request from %s", who),
                body: reason ? `${question}\n\n${reason}` : question,
                confirmLabel: _t("Open it"),
                confirm: () => answer(id, true),
                cancelLabel: _t("Refuse"),
                cancel: () => answer(id, false),
            });
            questions.set(id, close);
        }

        function tell({ state, who, what }) {
            if (state === "accepted") {
                const text = _t("%(who)s has opened “%(what)s”.", { who, what });
                notification.add(text, { type: "success" });
            } else {
                const text = _t("%(who)s does not want to open “%(what)s”.", { who, what });
                notification.add(text, { type: "warning" });
            }
        }

        /** A request is new, or was answered: here, on another page, or by the colleague. */
        async function show(id) {
            const request = await socket.emit("show", id);
            questions.get(id)?.();
            questions.delete(id);
            if (request.asked && request.is_open) {
                ask(id, request);
            } else if (!request.asked) {
                tell(request);
            }
        }

        /** Asks what waits already, and misses nothing from the moment that was read. */
        async function open() {
            const { ids, position } = await orm.call("web.action.request", "waiting", []);
            socket = new SocketIO("/action_request", { since: position });
            socket.on("request", show);
            ids.forEach(show);
        }

        env.bus.addEventListener("WEB_CLIENT_READY", open, { once: true });
    },
};

registry.category("services").add("web_action_request", actionRequestService);
