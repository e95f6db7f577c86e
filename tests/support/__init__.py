"""What the fixtures of ``tests/conftest.py`` hand out."""
