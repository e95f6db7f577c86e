// As it was written for OpenERP 7. What it sees is left on `window` for the end-to-end tests.
openerp.test_openerp_2013 = function (instance) {
    window.test2013 = { runs: (window.test2013 ? window.test2013.runs : 0) + 1, got: [] };
    instance.web.longpolling_socket.on("get notification", function (messages) {
        window.test2013.got = window.test2013.got.concat(messages);
    });
    try {
        instance.web.Widget.extend({});
    } catch (error) {
        window.test2013.widget = error.message;
    }
};

openerp.test_openerp_2013_broken = function () {
    throw new Error("broken on purpose");
};
