/** @odoo-module ignore **/

/**
 * The entry point of 2013: `openerp.my_addon = function (instance) {…}`.
 *
 * A plain script, first in the bundle, so that the name exists before any module runs. Functions
 * wait here until the web client's services are started; each then runs exactly once.
 */
(function () {
    "use strict";
    if (globalThis.openerp) {
        return; // an earlier bundle of this page brought it
    }

    const TODAY = {
        Widget: "extend Component of '@odoo/owl'",
        Class: "write a JavaScript class",
        Model: "use the service 'orm': useService('orm').call(model, method, args)",
        DataSet: "use the service 'orm': useService('orm')",
        DataSetSearch: "use the service 'orm': useService('orm').searchRead(…)",
        Query: "use the service 'orm': useService('orm').searchRead(…)",
        include: "use patch of '@web/core/utils/patch'",
        Dialog: "use the service 'dialog' and Dialog of '@web/core/dialog/dialog'",
        ActionManager: "use the service 'action': useService('action').doAction(…)",
        client_actions: "use registry.category('actions').add(name, Component)",
        views: "use registry.category('views').add(name, view)",
        form: "use registry.category('fields').add(name, {component})",
        qweb: "use Owl templates: static template = 'my_addon.Template'",
        _t: "import _t of '@web/core/l10n/translation'",
        bus: "use env.bus",
        session: "import session of '@web/session' and user of '@web/core/user'",
        UserMenu: "use registry.category('user_menuitems')",
        SystrayItems: "use registry.category('systray')",
        WebClient: "use a service: registry.category('services').add(name, service)",
        View: "use registry.category('views').add(name, view)",
        ListView: "extend ListController or ListRenderer of '@web/views/list/…'",
        FormView: "extend FormController or FormRenderer of '@web/views/form/…'",
        KanbanView: "extend KanbanController or KanbanRenderer of '@web/views/kanban/…'",
        search: "extend SearchModel of '@web/search/search_model'",
        jsonRpc: "import rpc of '@web/core/network/rpc'",
        blockUI: "use the service 'ui': useService('ui').block()",
        unblockUI: "use the service 'ui': useService('ui').unblock()",
        Notification: "use the service 'notification': useService('notification').add(text)",
        CrashManager: "use registry.category('error_handlers')",
        _lt: "import _t of '@web/core/l10n/translation'",
        str_to_datetime: "import deserializeDateTime of '@web/core/l10n/dates'",
        datetime_to_str: "import serializeDateTime of '@web/core/l10n/dates'",
        format_value: "use registry.category('formatters')",
        parse_value: "use registry.category('parsers')",
        pyeval: "import evaluateExpr of '@web/core/py_js/py'",
        longpolling_socket: "install the addon web_longpolling",
    };
    const START = Symbol.for("web_socketio.start");
    const NOT_A_NAME = new Set(["then", "toJSON"]); // asked by await and by consoles
    const addons = {};
    let waiting = new Map(); // by name: a later function of that name takes the place

    async function run(name, addon) {
        try {
            await addon(openerp);
        } catch (error) {
            console.error(`openerp.${name} failed:`, error);
        }
    }

    function throwing(web) {
        return new Proxy(web, {
            get(target, name) {
                if (name in target || typeof name === "symbol" || NOT_A_NAME.has(name)) {
                    return target[name];
                }
                const today = TODAY[name] || "look for it in the documentation of Odoo 19";
                throw new Error(`instance.web.${name} is not here in Odoo 19: ${today}.`);
            },
        });
    }

    function start(web) {
        if (!waiting) {
            return;
        }
        addons.web = throwing(web);
        const ready = waiting;
        waiting = null;
        ready.forEach((addon, name) => run(name, addon));
    }

    const openerp = new Proxy(addons, {
        get(target, name) {
            return name === START ? start : target[name];
        },
        set(target, name, value) {
            const isNew = target[name] !== value;
            target[name] = value;
            if (isNew && typeof value === "function") {
                waiting ? waiting.set(name, value) : run(name, value);
            }
            return true;
        },
    });
    globalThis.openerp = openerp;
})();
