# Python ≥ 3.11 and make are all this needs. Every target sets up what it uses, and is quick the second time.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# An editable install compiles nothing, and where Python may not write bytecode every import would.
COMPILE := $(BIN)/python -m compileall -q micrograd_value tensorgrad viz
JOBS   ?= 2

HARD   ?= 50

.DEFAULT_GOAL := help
.PHONY: help demo test test-page test-hard test-oracle lint stub bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "tensorgrad-learn needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 …"; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# A stamp for each set of packages: it is redone when pyproject.toml changes.
$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "installing (about a minute, once)"
	@$(PIP) -e '.[demo]'
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing (about a minute, once)"
	@$(PIP) -e '.[dev]'
	@$(COMPILE)
	@touch $@ $(VENV)/.demo

$(VENV)/.oracle: tests/oracle/packages.txt $(VENV)/.dev
	@echo "installing PyTorch to compare with"
	@$(PIP) -e '.[dev,oracle]'
	@$(PIP) --no-deps -r tests/oracle/packages.txt
	@touch $@

demo: $(VENV)/.demo  ## train on XOR and parity, draw the graphs into out/
	@$(BIN)/python -m examples.demo

test: $(VENV)/.dev  ## run all tests that need neither PyTorch nor a GPU
	@$(BIN)/python -m pytest -n $(JOBS)

# Chromium itself comes from elsewhere: `apt-get install chromium` on Debian.
$(VENV)/.page: pyproject.toml $(VENV)/.dev
	@echo "installing what drives a browser"
	@$(PIP) -e '.[dev,page-tests]'
	@touch $@

test-page: $(VENV)/.page  ## test the page of viz.step in Chromium
	@TENSORGRAD_BROWSER=required $(BIN)/python -m pytest tests/viz/test_browser.py

test-hard: $(VENV)/.dev  ## kill, damage, lie and interrupt, HARD times as often as `make test` does
	@TENSORGRAD_HARD=$(HARD) $(BIN)/python -m pytest -n $(JOBS) tests/hard

test-oracle: $(VENV)/.oracle  ## compare with PyTorch (installs it)
	@$(BIN)/python -m pytest -n $(JOBS) -o addopts='-q --strict-markers --strict-config --import-mode=importlib' tests/oracle

lint: $(VENV)/.dev  ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/mypy

stub: $(VENV)/.dev  ## write down Tensor's methods for editors and mypy
	@$(BIN)/python -m tests.stub

bench: $(VENV)/.dev  ## time the library beside others (see benchmarks/)
	@$(BIN)/python -m benchmarks.scalar

clean:  ## remove what make has made
	rm -rf $(VENV) out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
