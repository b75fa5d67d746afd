# Ledgerline. `make` alone lists the targets; each installs what it needs into .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench lock clean generate

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/run.stamp: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Ledgerline needs Python 3.11 or later; set PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Ledgerline into $(VENV) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e . 2>/dev/null || $(PIP) install --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	@echo "Installing the tools for tests and checks …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/run.stamp ## start everything: web, workers, ticker; simulators too when no credentials are set
	@exec $(BIN)/ledgerline run

demo: $(VENV)/run.stamp ## watch one payment cross in the terminal (needs nothing running)
	@$(BIN)/ledgerline demo

test: $(VENV)/dev.stamp ## all tests: real Redis, SQLite, PostgreSQL, simulators on sockets
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/dev.stamp ## lint, types, import rules, stale generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.architecture.generated --check

generate: $(VENV)/dev.stamp ## write the generated files again (openapi/service.yaml, …)
	@$(BIN)/python -m tests.architecture.generated

bench: $(VENV)/dev.stamp ## measure against the benchmark's own yardsticks; prints ratios
	@$(BIN)/python -m tests.bench

lock: ## pin every dependency again, with hashes
	@$(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet pip-tools
	@$(VENV)/lock/bin/pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --allow-unsafe -o requirements.lock pyproject.toml
	@$(VENV)/lock/bin/pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --allow-unsafe --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## remove what the other targets made, except the state under var/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build *.egg-info
