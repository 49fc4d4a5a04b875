# start · test · test-all · labs · notebooks · book · bench · claims: each sets up what it needs.
# One virtual environment, .venv, with the versions of constraints.txt.

SHELL := /bin/sh
.DEFAULT_GOAL := help
COMMA := ,

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
# A students' repository (`mmlab publish`) has neither solutions nor tests: JupyterLab and the real weights are
# all it needs. `make start EXTRA=lab` leaves the weights out, and 1.1 GB with them.
EXTRA := $(if $(wildcard solutions/*/exercises),all,lab$(COMMA)real)
BROWSER ?= 1
WEEK ?=
BUDGET ?=
RECORD ?=

.PHONY: help setup system start test test-all labs notebooks book bench claims clean

help:  ## what there is
	@sed -n 's/^\([a-z-]*\):.*##/  make \1\t/p' Makefile | expand -t 20

setup: $(VENV)/.installed $(if $(filter all,$(EXTRA)),book/node_modules/.installed system)  ## .venv with everything, npm parts, a browser for the tests

$(VENV)/.installed: pyproject.toml constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "mmlab needs Python 3.11 or newer: install it, or run make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(APT) install -y -q python3-venv || \
		{ echo "this Python cannot make virtual environments: install python3-venv"; exit 1; }
	@echo "setting up .venv (a few minutes, once)"
	@[ -x $(PY) ] || $(PYTHON) -m venv $(VENV)
	@$(PY) -c 'import sys, pip; sys.exit(tuple(map(int, pip.__version__.split(".")[:2])) < (23, 1))' || \
		$(PIP) 'pip>=23.2'  # the resolver of older ones needs more than ten minutes for these requirements
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
test test-all labs notebooks book bench claims:
	@echo "make $@ needs solutions/ and tests/, which only the instructors' repository has; try: make start" >&2; exit 2
else
test: setup  ## every stage (WEEK=02_clip: one week; BUDGET=75: minutes; RECORD=1; see tests/stages.py)
	$(PY) tests/stages.py $(if $(WEEK),--week $(WEEK)) $(if $(BUDGET),--budget $(BUDGET)) $(if $(RECORD),--record)

test-all: setup  ## repetitions too: all attacks, seeds, weeks through nbgrader, Dask, Colab
	$(PY) tests/stages.py --all

labs: setup  ## solutions/ → labs/
	$(BIN)/mmlab release

notebooks: setup  ## run the notebooks; take their marked outputs into the sources
	$(PY) -m mmlab.cli.setup_cell
	-OMP_NUM_THREADS=1 $(PY) -m pytest --nbval-lax -n 2 --dist loadfile lessons solutions
	$(PY) -m mmlab.instructor.authoring.outputs

book: setup  ## the site, from executed notebooks, into build/site
	$(PY) -m mmlab.instructor.site.build --execute

bench: setup  ## ratios against peers, measured side by side
	$(BIN)/mmlab bench

claims: setup  ## measure again every number that README and site state
	$(BIN)/mmlab claims
endif

clean:  ## remove what can be made again (keeps .venv)
	rm -rf build dist book/_build .pytest_cache .hypothesis
