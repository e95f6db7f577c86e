// Rules for all JavaScript of the project: ESLint's recommended ones, Odoo's, and a few of ours.
import js from "@eslint/js";
import globals from "globals";

const SOURCES = ["**/*.js", "**/*.mjs"];
const ADDONS = ["web_*", "examples/web_*", "oe_web_socketio/template/*", "tests/addons/*"];

/** The kind of some files, and the globals that they may use. */
function environment(files, sourceType, names) {
    return { files, languageOptions: { sourceType, globals: names } };
}

export default [
    { ignores: ["**/*.min.js", "**/node_modules/", ".venv/", "build/", "dist/", "var/"] },
    { ...js.configs.recommended, files: SOURCES },
    {
        files: SOURCES,
        linterOptions: { reportUnusedDisableDirectives: "error" },
        languageOptions: { ecmaVersion: 2022 },
        rules: {
            // Odoo's (addons/web/tooling)
            "arrow-body-style": ["error", "as-needed"],
            curly: ["error", "all"],
            "no-duplicate-imports": "error",
            "no-restricted-globals": ["error", "event", "self"],
            "no-restricted-syntax": ["error", "PrivateIdentifier"],
            "no-unused-vars": ["error", { args: "none", caughtErrors: "all" }],
            "prefer-const": ["error", { destructuring: "all", ignoreReadBeforeAssign: true }],
            // ours
            eqeqeq: "error",
            "no-console": ["error", { allow: ["debug", "warn", "error"] }],
            "no-implicit-globals": "error",
            "no-self-compare": "error",
            "no-shadow": "error",
            "no-throw-literal": "error",
            "no-unused-expressions": ["error", { allowShortCircuit: true, allowTernary: true }],
            "no-useless-return": "error",
            "no-var": "error",
            "object-shorthand": "error",
            "prefer-template": "error",
        },
    },
    environment(
        ADDONS.map((folder) => `${folder}/static/**/*.js`), "module",
        { ...globals.browser, luxon: "readonly", odoo: "readonly", openerp: "readonly" }
    ),
    environment(["tgext/**/*.js"], "script", globals.browser),
    environment(["web_socketio/static/src/openerp.js"], "script", globals.browser),
    {
        // as it was written in 2013
        ...environment(["tests/addons/test_openerp_2013/**"], "script", {
            ...globals.browser, openerp: "readonly",
        }),
        rules: { "object-shorthand": "off", "prefer-template": "off" },
    },
    { ...environment(["**/*.mjs"], "module", globals.nodeBuiltin), rules: { "no-console": "off" } },
];
