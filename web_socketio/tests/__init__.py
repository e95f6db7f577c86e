from . import test_common, test_model, test_orm, test_rights
