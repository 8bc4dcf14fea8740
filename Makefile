# The commands to learn: make demo, make test, make check.
.PHONY: help setup demo test oldest soak check format bench docs tables fuzz clean
.DEFAULT_GOAL := help

# Rust build output stays outside the clone, so that repeated clones build fast.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/poet/target
export UV_PYTHON_DOWNLOADS ?= never
PYTHON ?= python3
FUZZ_SECONDS ?= 300
UV ?= $(or $(shell uv --version >/dev/null 2>&1 && command -v uv),.tools/bin/uv)
BIN := .venv/bin
PYTHON_DIRS := python pytest_poet domains tests bench examples docs

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 10

.tools/bin/uv:
	$(PYTHON) -m pip install --quiet --target .tools 'uv>=0.9,<0.14'

READY := .venv/.ready

$(READY): pyproject.toml Cargo.toml $(wildcard */pyproject.toml domains/*/pyproject.toml) \
		$(shell find rust -name '*.rs' -o -name Cargo.toml) | $(if $(filter .tools%,$(UV)),.tools/bin/uv)
	$(UV) sync --quiet --compile-bytecode --python $(PYTHON)
	@touch $@

setup: $(READY)  ## install everything into .venv

demo: setup  ## run the example on real weather data, in a scratch folder
	$(BIN)/python examples/demo.py

test: setup  ## run all tests, Python and Rust
	cargo test --quiet --workspace --exclude poet-native
	$(BIN)/python -m pytest -n auto

oldest: setup  ## test statistics and monitoring with the oldest libraries they promise to run with
	UV=$(UV) .ci/oldest

check: setup  ## format, lint, types, contracts, stubs, clippy
	$(BIN)/ruff format --check $(PYTHON_DIRS)
	$(BIN)/ruff check $(PYTHON_DIRS)
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest poet._native
	$(BIN)/lint-imports
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings

format: setup  ## rewrite files the way check wants them
	$(BIN)/ruff format $(PYTHON_DIRS)
	$(BIN)/ruff check --fix $(PYTHON_DIRS)
	cargo fmt --all

soak: setup  ## the long suites: 10,000 faults and more; prints which privileges they need
	$(BIN)/python -m pytest -m soak -n $(or $(SOAK_PROCESSES),2) tests

tables: setup  ## write the audit's reviewed tables from the installed libraries
	$(BIN)/python -m poet.gate.audit.generate

fuzz:  ## make up bytes for what reads files (a nightly compiler; FUZZ_SECONDS=300 a reader)
	cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz
	cargo +nightly fuzz build
	$(CARGO_TARGET_DIR)/*/release/seeds
	for target in profile_file counts_file; do \
		cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) -max_len=16384 || exit 1; \
	done

docs: setup  ## build the reference from the docstrings into site/
	$(BIN)/python docs/reference.py

bench: setup  ## measure every number we claim beside its peers (PEERS=no: without installing any)
	$(UV) sync --quiet --group bench --python $(PYTHON)
	$(BIN)/python -m bench --peers $(or $(PEERS),yes) $(BENCH)

clean:  ## remove what the build made in this folder
	rm -rf .venv .tools dist build .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache site
