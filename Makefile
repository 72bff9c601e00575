SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run automation test chaos fuzz check drill bench pictures lock clean

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PIP := -qq --disable-pip-version-check

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Run the whole product on this machine, at http://localhost:3001
	@exec $(BIN)/python -m devtools.stack

automation: $(INSTALLED) ## Run an administration command while the product runs (ARGS="users reset-password admin")
	@exec $(BIN)/python -m devtools.stack exec automation $(ARGS)

test: $(INSTALLED) ## Run the whole test suite; it starts its own database and broker
	@exec $(BIN)/pytest -n auto $(ARGS)

chaos: $(INSTALLED) ## Run the fault tests with several random seeds (SEEDS=3) and more events, and print a report
	@CHAOS_VOLUME=5 CHAOS_SEEDS=$(or $(SEEDS),3) exec $(BIN)/pytest -n auto tests/chaos $(ARGS)

fuzz: $(INSTALLED) ## Send random requests to every call of the API (EXAMPLES=200 per call)
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),200) exec $(BIN)/pytest -n auto --timeout 1800 tests/web/test_api_fuzzed.py $(ARGS)

check: $(INSTALLED) ## Check formatting, lint rules, types, import rules and dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/deptry .

drill: $(INSTALLED) ## Run the drills on a separate stack and print each check with its result (ARGS="redis")
	@exec $(BIN)/python -m devtools.drills $(ARGS)

pictures: $(INSTALLED) ## Take the pictures of the README from a separate stack (needs Chromium)
	@exec $(BIN)/python -m devtools.pictures

bench: $(INSTALLED) ## Measure the speed and compare it with the required values (QUICK=1: three minutes)
	@exec $(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(ARGS)

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml
lock: $(INSTALLED) ## Update the lock files (ARGS=--upgrade: to newer versions)
	$(COMPILE) $(ARGS) --extra local --extra dev --output-file requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock

clean: ## Remove the virtual environment, the caches and the data of make run
	rm -rf .venv .local .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage *.egg-info build

# The lock files contain all dependencies, so pip installs with --no-deps. With resolution, pip
# may choose a newer release of a dependency, for which the lock has no hash, and then fails.
$(INSTALLED): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Automation Center needs Python 3.11 or newer. Use: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Creating the virtual environment in .venv"
	@$(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies (one to two minutes, only the first time)"
	@$(BIN)/pip install $(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install $(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/pip check --disable-pip-version-check
	@touch $@
