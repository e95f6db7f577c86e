# Everything starts here. `make` alone lists what there is.

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest --durations=10
# Two files at a time: most tests wait rather than work. In their order: those with a browser come last.
BESIDE := --numprocesses=2 --dist=loadfile --no-loadscope-reorder
ADDONS := web_socketio web_longpolling $(wildcard examples/web_*) oe_web_socketio/template/my_addon
UNIT := $(wildcard tests/unit)
INTEGRATION := $(wildcard tests/integration)
ODOO_TESTS := $(wildcard tests/odoo)
PACKAGING := $(wildcard tests/packaging)
TGEXT := $(wildcard tests/tgext/integration)
E2E := $(wildcard tests/e2e)
TGEXT_E2E := $(wildcard tests/tgext/e2e)

export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-test translations test lint docs screenshots unit integration odoo-tests packaging tgext-tests e2e test-pythons vendor clean
.PHONY: runtime test-environment benchmark-environment bench bench-quick bench-turbogears bench-publishing bench-catch-up bench-hub lock audit
.PHONY: dashboard turbogears chaos chaos-quick chaos-selftest soak

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

runtime:
	@python3 -m tools.venv odoo

test-environment:
	@python3 -m tools.venv odoo unit test docs

setup: test-environment  ## fetch everything that demo and test need; afterwards no network is needed
	@$(PYTHON) -m tools.setup

demo: runtime  ## run PostgreSQL, Odoo and the realtime server with the examples (needs no root)
	@$(PYTHON) -m tools.demo

demo-test: runtime  ## run the tests of the addons in the folder DEMO_ADDONS
	@$(PYTHON) -m tools.demo_test

test: setup  ## run everything: lint, docs, and the unit, integration, Odoo, packaging and browser tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint docs turbogears
	$(PYTEST) $(BESIDE) $(UNIT) $(INTEGRATION) $(ODOO_TESTS) $(PACKAGING) $(TGEXT) $(E2E) $(TGEXT_E2E)

lint: test-environment  ## check style and types
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pylint $(ADDONS)
	@$(PYTHON) -m tools.javascript

docs: test-environment  ## build the documentation in var/docs; a warning is an error
	$(PYTHON) -m sphinx --fail-on-warning --keep-going --fresh-env --quiet docs var/docs

screenshots: test-environment  ## take the documentation's pictures of the demo
	@$(PYTHON) -m tools.screenshots
	@$(PYTHON) -m tools.turbogears_screenshots

dashboard: benchmark-environment  ## draw the dashboard's picture from a run of the demo (takes five minutes)
	@$(PYTHON) -m tools.dashboard

translations: test-environment  ## write i18n/ of the addons and examples anew, and say what waits
	@$(PYTHON) -m tools.translations

unit: test-environment  ## test the core, without services
	$(PYTEST) $(UNIT)

integration: test-environment  ## test the server process with real PostgreSQL and clients
	$(PYTEST) $(INTEGRATION)

odoo-tests: test-environment  ## run the addons' own tests in Odoo
	$(PYTEST) $(ODOO_TESTS)

packaging: test-environment  ## test the wheel, buildout and the command oe with each kind of Odoo
	$(PYTEST) $(PACKAGING)

turbogears: test-environment
	@$(PYTHON) -m tools.turbogears

tgext-tests: turbogears  ## test tgext.socketio with each version of TurboGears
	$(PYTEST) $(TGEXT) $(TGEXT_E2E)

e2e: test-environment  ## test in Chromium
	$(PYTEST) $(E2E)

chaos: test-environment  ## break everything under load, fault by fault, and count what is lost or doubled
	@$(PYTHON) -m tests.chaos.run

chaos-quick: test-environment  ## the same with the quick faults: at least 5,000 messages in a minute
	@$(PYTHON) -m tests.chaos.run quick

chaos-selftest: test-environment  ## switch catch-up, deduplication and poll off: the table must show it
	@$(PYTHON) -m tests.chaos.run selftest

soak: test-environment  ## test for an hour, with new seeds all the time, that nothing is lost
	SOAK_SECONDS=3600 $(PYTEST) tests/integration/test_nothing_lost.py

benchmark-environment: test-environment
	@python3 -m tools.venv bench

bench: benchmark-environment  ## measure everything, beside other servers; writes docs/performance (takes minutes)
	@$(PYTHON) -m benchmarks

bench-quick: benchmark-environment  ## the most important figures in under a minute
	@$(PYTHON) -m benchmarks --quick

bench-publishing: benchmark-environment  ## measure what publishing costs writers in Odoo; writes docs/performance
	@$(PYTHON) -m benchmarks.publishing

bench-catch-up: benchmark-environment  ## measure 5,000 clients that come back at once after a SIGKILL
	@$(PYTHON) -m benchmarks.catch_up

bench-hub: test-environment  ## measure the hub alone: a message to one of 10 and of 100,000 listeners
	@$(PYTHON) -m benchmarks.hub

bench-turbogears: benchmark-environment  ## measure tgext.socketio beside python-socketio's stock server
	@$(PYTHON) -m benchmarks.turbogears

lock: test-environment  ## write requirements/lock.txt, the versions of what we depend on
	@$(PYTHON) -m tools.lock

audit: test-environment  ## look up the locked dependencies among the known vulnerabilities (needs the public PyPI)
	@$(PYTHON) -m tools.audit

test-pythons: test-environment  ## test the core on every Python 3.10 to 3.13 found
	@$(PYTHON) -m tools.python_matrix

vendor: test-environment  ## put npm's socket.io client into the addon
	@$(PYTHON) -m tools.vendor_client

clean:  ## remove what was built here, but not the cache outside the checkout
	rm -rf .venv var tests/node/node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
