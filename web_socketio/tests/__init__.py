from . import test_common, test_copies, test_model, test_orm, test_rights
