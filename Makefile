# Two commands are all a newcomer needs: make run, make test. The rest is for those who build.
# Paths stay relative, so that a checkout in a folder with a space works.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
FLOOR := .cache/floor
FLOOR_TESTS := tests/unit/model tests/unit/kit tests/unit/config tests/unit/store tests/unit/telemetry tests/unit/mcp_server tests/golden tests/tui/test_start.py
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

.PHONY: run test test-all floor lint fmt lock control-plane bench pythons quality pictures clean
.DEFAULT_GOAL := run

run: $(VENV)/.installed  ## open the console: your own cluster where there is a kubeconfig, the demo cluster otherwise
	@$(BIN)/python -m k8sconsole $(ARGS)

test: $(VENV)/.developed  ## what to run before a commit, in five minutes: all tests but those marked real or long
	@$(PYTEST) --numprocesses 3 -m "not real and not long" --hypothesis-profile quick $(ARGS)

test-all: $(VENV)/.developed  ## the rest: tests against a real control plane, where it has been built, tests that are long by nature, and the property tests with many examples
	@$(PYTEST) -m "real or long or hypothesis" --hypothesis-profile thorough $(ARGS)

pythons: $(VENV)/.developed  ## the unit tests and the demo on every other Python from 3.11 on that this machine has
	@$(BIN)/python -m tests.pythons

floor: $(VENV)/.developed  ## fast tests with the lowest versions that pyproject.toml allows, in a venv of their own
	@$(BIN)/uv venv -q --clear --python $(BIN)/python $(FLOOR)
	@$(BIN)/uv pip install -q --python $(FLOOR)/bin/python --resolution lowest-direct --requirement pyproject.toml --extra encryption --group test
	@$(FLOOR)/bin/python -m pytest --numprocesses 2 --hypothesis-profile quick $(FLOOR_TESTS)

lint: $(VENV)/.developed  ## style, types, floors
	$(BIN)/ruff check k8sconsole tests benchmarks
	$(BIN)/ruff format --check k8sconsole tests benchmarks
	$(BIN)/mypy
	$(BIN)/mypy tests/tui/memory.py
	$(BIN)/lint-imports

fmt: $(VENV)/.developed
	$(BIN)/ruff check --fix --exit-zero --quiet k8sconsole tests benchmarks
	$(BIN)/ruff format k8sconsole tests benchmarks

control-plane: $(VENV)/.developed  ## build etcd, kube-apiserver and their friends into the user's cache directory (needs Go, five minutes)
	@$(BIN)/python -m tests.control_plane build

bench: $(VENV)/.developed  ## measure, and keep the raw results in benchmarks/results/
	@$(BIN)/python -m benchmarks $(ARGS)

quality: $(VENV)/.developed  ## write docs/quality.md: every measure of the source beside its limit
	@$(BIN)/python -m tests.architecture.quality

pictures: $(VENV)/.developed  ## draw the pictures of the console in docs/
	@$(BIN)/python -m tests.pictures

lock: $(VENV)/.developed  ## write both locks again from pyproject.toml
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --group install -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) .cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or later found (try: make run PYTHON=/path/to/python3)" >&2; exit 2; }
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# A stamp is touched only when everything before it succeeded, so an interrupted install starts again.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what the console needs (a minute the first time, nothing after that)"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --quiet --editable .
	@touch $@

$(VENV)/.developed: requirements-dev.lock $(VENV)/.installed
	@echo "installing what the tests need"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@
