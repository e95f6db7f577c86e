import { onWillDestroy, useEffect } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";
import { PAGE, useLiveModel } from "@web_socketio/live";

/** Between two refreshes of a view, in milliseconds; however much changes meanwhile. */
const PAUSE = 1_000;
/** Records of one page of a view whose deletion is noticed. */
const MAX_IDS = 500;

/**
 * Calls a function soon, but not while it would disturb, and not too often.
 *
 * @param {() => Promise<any>} refresh
 * @param {() => boolean} isBusy
 * @returns {() => Promise<void>} asks for it
 */
function useRefresh(refresh, isBusy) {
    let wanted = false;
    let running = false;
    onWillDestroy(() => (wanted = false));
    return async () => {
        wanted = true;
        if (running) {
            return;
        }
        running = true;
        while (wanted) {
            if (!isBusy()) {
                wanted = false;
                await refresh().catch((error) => console.warn("web_live_view:", error.message));
            }
            await new Promise((resolve) => browser.setTimeout(resolve, PAUSE));
        }
        running = false;
    };
}

/** What is made on this page it shows anyway. */
const ofOthers = (onChange) => (change) => change?.page !== PAGE && onChange(change);

/** A view begins to read before it is followed, so what it shows is read once more. */
function readAgain(followed, refresh) {
    followed.then(refresh, () => {}); // the console says why it is not
}

const isLive = (resModel) => session.live_models?.includes(resModel);

/** A list or kanban: shows what was changed, created and deleted; keeps what is selected. */
export function useLiveList(controller) {
    const { resModel } = controller.props;
    if (!isLive(resModel)) {
        return;
    }
    const { model } = controller;
    const isBusy = () =>
        !model.isReady ||
        Boolean(model.root.editedRecord || controller.quickCreateState?.groupId) ||
        Boolean(document.querySelector(".o_dragged"));
    const refresh = useRefresh(async () => {
        const before = model.root;
        model.useSampleModel = false;
        await model.load();
        const selected = new Set(before.selection.map(({ resId }) => resId));
        const again = model.root.records.filter(({ resId }) => selected.has(resId));
        again.forEach((record) => record.toggleSelection(true));
    }, isBusy);
    const follow = useLiveModel(resModel, ofOthers(refresh), { everything: true });
    readAgain(follow.started, refresh);
    useEffect(
        (ids) => {
            follow.update({ ids: JSON.parse(ids) });
        },
        () => {
            const ids = model.root.records.map(({ resId }) => resId).filter(Boolean);
            return [JSON.stringify(ids.slice(0, MAX_IDS))];
        }
    );
}

/** A form: shows the record as it is now; where the user has changed it, only says so. */
export function useLiveForm(controller) {
    const { resModel } = controller.props;
    if (!isLive(resModel)) {
        return;
    }
    const { model } = controller;
    const notification = useService("notification");
    let close = () => {};
    const warn = (text, options) => {
        close();
        close = notification.add(text, { type: "warning", ...options });
    };

    let changed = false; // by somebody else, as the server has told
    const reload = useRefresh(async () => {
        if (!model.root.resId) {
            return; // a new record
        }
        if (!(await model.root.isDirty())) {
            await model.root.load();
        } else if (changed) {
            const buttons = [{ name: _t("Discard mine"), onClick: discard }];
            warn(_t("Somebody else has changed this record. Your changes are kept."), {
                sticky: true,
                buttons,
            });
        }
    }, () => !model.isReady);
    async function discard() {
        close();
        await model.root.discard();
        await model.root.load();
    }

    const onChange = ofOthers((change) => {
        if (change?.gone.length) {
            warn(_t("This record was deleted, or you may not read it any more."));
        } else {
            changed ||= Boolean(change);
            reload();
        }
    });
    const follow = useLiveModel(resModel, onChange);
    useEffect(
        (dirty) => {
            if (!dirty) {
                changed = false; // saved or discarded: it shows what there is
                close();
            }
        },
        () => [model.root.dirty]
    );
    useEffect(
        (resId) => {
            changed = false;
            readAgain(follow.update({ ids: resId ? [resId] : [] }), reload);
            return () => close();
        },
        () => [model.root.resId]
    );
}
