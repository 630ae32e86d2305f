# `make demo` and `make test` each do all that is needed on a machine that has git, make and Python 3.11 or newer.

PYTHON ?= $(shell sh tests/tools.sh python)
BIN := .venv/bin
ONLY ?=
export PATH := $(CURDIR)/$(BIN):$(PATH) # what a test starts is found there too

.PHONY: help demo test lint bench clean

help: ## say what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

demo: .venv/for-use ## set up, start the hub with its own store, print the address of a page to play with
	@exec $(BIN)/hub demo

test: .venv/for-work ## run every test, and install what the tests need; ONLY=tests/core runs a part
	@sh tests/tools.sh install
	@if [ -z "$(ONLY)" ]; then sh tests/tools.sh test-client && sh tests/tools.sh test-python; else $(BIN)/pytest $(ONLY); fi

lint: .venv/for-work ## check style and types, of the browser code too
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_architecture.py
	@sh tests/tools.sh check-client

bench: .venv/for-work ## measure what the hub costs on this machine (bench/README.md)
	$(BIN)/python -m bench fanout
	$(BIN)/python -m bench idle

clean: ## take away what was installed and built; the data of a hub stays: rm -r hub-data removes it too
	rm -rf .venv build dist client-js/node_modules client-js/types .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -d hub-data ]; then echo "hub-data, which holds what a hub stored here, stays; remove it with: rm -r hub-data"; fi

.venv/for-use: pyproject.toml
	@sh tests/tools.sh venv "$(PYTHON)" .
	@touch $@

.venv/for-work: pyproject.toml
	@sh tests/tools.sh venv "$(PYTHON)" '.[dev]'
	@touch .venv/for-use $@
