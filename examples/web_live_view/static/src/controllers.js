import { patch } from "@web/core/utils/patch";
import { ORM, UPDATE_METHODS } from "@web/core/orm_service";
import { FormController } from "@web/views/form/form_controller";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { ListController } from "@web/views/list/list_controller";
import { PAGE } from "@web_socketio/live";
import { useLiveForm, useLiveList } from "./live_view";

for (const Controller of [ListController, KanbanController]) {
    patch(Controller.prototype, {
        setup() {
            super.setup(...arguments);
            useLiveList(this);
        },
    });
}

patch(FormController.prototype, {
    setup() {
        super.setup(...arguments);
        useLiveForm(this);
    },
});

/** What this page writes, comes back with its name. */
patch(ORM.prototype, {
    call(model, method, args, kwargs = {}) {
        if (UPDATE_METHODS.includes(method)) {
            const context = { ...kwargs.context, web_socketio_page: PAGE };
            return super.call(model, method, args, { ...kwargs, context });
        }
        return super.call(model, method, args, kwargs);
    },
});
