// The form of 2013 on a page of the website.
openerp.test_site = function (instance) {
    window.testSite = {
        runs: (window.testSite ? window.testSite.runs : 0) + 1,
        names: Object.keys(instance.web),
        connected: instance.web.longpolling_socket.connected,
    };
};
