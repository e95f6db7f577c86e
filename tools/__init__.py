"""What ``make`` runs: the environment, the demo and the helpers that the tests share.

``console``, ``paths`` and ``venv`` run on any Python 3 and need nothing but its standard library;
the rest runs inside the virtual environment that ``venv`` builds.
"""
