{
    "name": "Recipes",
    "summary": "What docs/recipes.md shows, put together; its other files are there",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "oe.web.socketio contributors",
    "depends": ["bus", "web_longpolling"],
    "data": ["security/ir.model.access.csv"],
    "assets": {
        "web.assets_backend": ["recipes/static/src/**/*"],
        "web.assets_unit_tests": ["recipes/static/tests/**/*"],
    },
}
