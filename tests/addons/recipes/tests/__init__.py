from . import test_recipes
