# What you can type here: make demo, make test, make bench, make lint, make clean.
# Everything is installed below this folder (.venv, .cache); only `make test` may add system packages, see tools/.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
RUN := .venv/bin
SOURCES := src tests bench examples tools

# Where it is set, each of the hundreds of processes that tests start would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test lint types layers unit bench setup dev clean

demo: setup
	@$(RUN)/python tools/demo.py

test: dev system lint types layers unit

lint: dev
	$(RUN)/ruff format --check $(SOURCES)
	$(RUN)/ruff check $(SOURCES)

types: dev
	$(RUN)/mypy

layers: dev
	$(RUN)/lint-imports

unit: dev
	$(RUN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: system
system:
	@sh tools/system-packages.sh

bench: dev
	$(RUN)/python -m bench.run $(BENCH)
	$(RUN)/python -m bench.nhi
	$(RUN)/python -m bench.graph
	$(RUN)/python -m bench.ledger
	$(RUN)/python -m bench.incident $(if $(LARGE),--large)
	$(RUN)/python -m bench.events

setup: .cache/setup

dev: .cache/dev

.cache/setup: pyproject.toml uv.lock | uv
	@$(UV) sync --quiet --frozen --no-dev --inexact
	@touch $@

.cache/dev: pyproject.toml uv.lock | uv
	@$(UV) sync --quiet --frozen
	@touch $@ .cache/setup

.PHONY: uv
uv:
	@mkdir -p .cache
	@command -v $(UV) >/dev/null 2>&1 || { \
	  echo "setting up uv in .cache/uv ..."; \
	  $(PYTHON) -m venv .cache/uv && .cache/uv/bin/pip install --quiet --disable-pip-version-check uv; \
	} || { echo "Could not set up uv. Needed: Python 3.11 or later with its venv module (Debian: apt install python3-venv)."; exit 1; }

clean:
	rm -rf .venv .cache out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
