# start · test · labs · notebooks · book · bench · claims: each sets up what it needs.
# One virtual environment, .venv, with the versions of constraints.txt.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# nbgrader calls alembic by name, so the environment's programs must be on PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Two trainings on two cores starve each other unless waiting threads sleep.
export OMP_WAIT_POLICY := PASSIVE

# Without an NVIDIA GPU, PyTorch's CPU build: 200 MB in place of several GB of CUDA.
TORCH_INDEX := $(shell command -v nvidia-smi >/dev/null 2>&1 || \
	echo --retries 1 --timeout 20 --extra-index-url https://download.pytorch.org/whl/cpu)
PIP := $(PY) -m pip --disable-pip-version-check install -qq --constraint constraints.txt
APT := $(shell [ "$$(id -u)" = 0 ] || echo sudo) env DEBIAN_FRONTEND=noninteractive apt-get
# A students' repository (`mmlab publish`) has neither solutions nor tests: JupyterLab is all it needs.
EXTRA := $(if $(wildcard solutions/*/exercises.py),all,lab)
BROWSER ?= 1
WEEK ?=

.PHONY: help setup system start test labs notebooks book bench claims clean

help:  ## what there is
	@sed -n 's/^\([a-z]*\):.*##/  make \1\t/p' Makefile | expand -t 20

setup: $(VENV)/.installed $(if $(filter all,$(EXTRA)),book/node_modules/.installed system)  ## .venv with everything, npm parts, a browser for the tests

$(VENV)/.installed: pyproject.toml constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "mmlab needs Python 3.11 or newer: install it, or run make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(APT) install -y -q python3-venv || \
		{ echo "this Python cannot make virtual environments: install python3-venv"; exit 1; }
	@echo "setting up .venv (a few minutes, once)"
	@[ -x $(PY) ] || $(PYTHON) -m venv $(VENV)
	@$(PIP) $(TORCH_INDEX) torch
	@$(PIP) --editable '.[$(EXTRA)]'
	@$(PY) -m pip check
	@touch $@

book/node_modules/.installed: book/package.json book/package-lock.json
	@command -v npm >/dev/null || { $(APT) update -q && $(APT) install -y -q nodejs npm; } || \
		{ echo "npm is missing: install Node.js 18 or newer"; exit 1; }
	@cd book && npm ci --silent --no-audit --no-fund
	@touch $@

# Only the browser tests need Chromium, and only grading needs bubblewrap: their absence is said here and fails there.
system:
	@command -v bwrap >/dev/null || [ "$$(uname -s)" != Linux ] || \
		{ command -v apt-get >/dev/null && $(APT) update -q >/dev/null && \
		$(APT) install -y -q --no-install-recommends bubblewrap >/dev/null; } || \
		echo "note: no bubblewrap and no apt-get; mmlab grade and its tests need it"
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
		{ command -v apt-get >/dev/null && $(APT) update -q >/dev/null && \
		$(APT) install -y -q --no-install-recommends chromium >/dev/null; } || \
		echo "note: no Chromium and no apt-get; the browser tests will fail until it is installed"

start: setup  ## open the course in JupyterLab (BROWSER=0: serve, and print the address)
	@$(BIN)/mmlab doctor
	@BROWSER=$(BROWSER) $(BIN)/mmlab start

ifneq ($(EXTRA),all)
test labs notebooks book bench claims:
	@echo "make $@ needs solutions/ and tests/, which only the instructors' repository has; try: make start" >&2; exit 2
else
ifeq ($(WEEK),)
test: setup  ## every test (WEEK=02_clip: one week's)
	$(PY) -m pytest tests mmlab -m "not slow and not site"
	$(PY) -m pytest --nbval-lax lessons solutions
	$(PY) -m mmlab.course.site
	$(PY) -m pytest tests -m "slow or site"
else
test: setup
	$(BIN)/mmlab release --check $(WEEK)
	$(BIN)/mmlab prove $(WEEK)
	$(PY) -m pytest --nbval-lax $(wildcard lessons/$(WEEK)*.ipynb) solutions/$(WEEK)
endif

labs: setup  ## solutions/ → labs/
	$(BIN)/mmlab release

notebooks: setup  ## run the notebooks; take their marked outputs into the sources
	$(PY) -m mmlab.course.setup_cell
	-$(PY) -m pytest --nbval-lax lessons solutions
	$(PY) -m mmlab.course.outputs

book: setup  ## the site, from executed notebooks, into build/site
	$(PY) -m mmlab.course.site --execute

bench: setup  ## ratios against peers, measured side by side
	$(BIN)/mmlab bench

claims: setup  ## measure again every number that README and site state
	$(BIN)/mmlab claims
endif

clean:  ## remove what can be made again (keeps .venv)
	rm -rf build dist book/_build .pytest_cache .hypothesis
