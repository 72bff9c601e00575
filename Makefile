SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run automation test chaos check drill bench lock clean

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PIP := -qq --disable-pip-version-check

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## The whole product here, at http://localhost:3001
	@exec $(BIN)/python -m devtools.stack

automation: $(INSTALLED) ## A command beside the running stack (ARGS="users reset-password admin")
	@exec $(BIN)/python -m devtools.stack exec automation $(ARGS)

test: $(INSTALLED) ## The whole test suite, on servers of its own
	@exec $(BIN)/pytest -n auto --dist loadgroup $(ARGS)

chaos: $(INSTALLED) ## Play every fault with several seeds (SEEDS=3) and print the report
	@CHAOS_SEEDS=$(or $(SEEDS),3) exec $(BIN)/pytest -n auto --dist loadgroup tests/chaos $(ARGS)

check: $(INSTALLED) ## Format, lint, types, import rules and declared dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/deptry .

drill: $(INSTALLED) ## Play the proof pack on a stack of its own and print the evidence
	@exec $(BIN)/python -m devtools.drills $(ARGS)

bench: $(INSTALLED) ## Measure the speed against its bars (QUICK=1: in three minutes)
	@exec $(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(ARGS)

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml
lock: $(INSTALLED) ## Refresh the lock files (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) --extra local --extra dev --output-file requirements-dev.lock
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock

clean: ## Remove the virtual environment, caches and the local stack's data
	rm -rf .venv .local .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage *.egg-info build

# The locks are complete, so pip must not resolve: a release newer than a lock can satisfy
# what the lock asks for, has no hash in it, and stops a resolving installation.
$(INSTALLED): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Automation Center needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Creating the virtual environment in .venv"
	@$(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies (a minute or two, once)"
	@$(BIN)/pip install $(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install $(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/pip check --disable-pip-version-check
	@touch $@
