import { Component } from "@odoo/owl";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { STATIC_ACTIONS_GROUP_NUMBER } from "@web/search/action_menus/action_menus";

/** In the menu of every view: asks a colleague to open what this page shows. */
export class ActionRequestItem extends Component {
    static template = "web_action_request.Item";
    static components = { DropdownItem };
    static props = {};

    setup() {
        this.action = useService("action");
    }

    /** The form of a record is asked for by its id, any other view by its action. */
    get target() {
        const { action, currentState, props } = this.action.currentController;
        const resId = props.type === "form" && currentState?.resId;
        return resId
            ? { default_res_model: props.resModel, default_res_id: resId }
            : { default_action_id: action.id };
    }

    open() {
        this.action.doAction("web_action_request.web_action_request_action", {
            additionalContext: this.target,
        });
    }
}

registry.category("cogMenu").add(
    "web_action_request",
    {
        Component: ActionRequestItem,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: ({ config, inDialog }) =>
            !inDialog && config.actionType === "ir.actions.act_window",
    },
    { sequence: 90 }
);
