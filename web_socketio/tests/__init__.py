from . import (
    test_administration,
    test_assets,
    test_common,
    test_copies,
    test_driver,
    test_keys,
    test_model,
    test_orm,
    test_rights,
    test_sessions,
)
