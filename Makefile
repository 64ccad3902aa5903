# Two commands: `make run` and `make test`. Each does all of its own set-up. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
UV := $(VENV)/bin/uv
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/$(VENV)
export UV_PYTHON_DOWNLOADS := never
# Hundreds of modules compiled anew at each start of a command would double its time.
export PYTHONDONTWRITEBYTECODE :=
SYNC := $(UV) sync --quiet --frozen --compile-bytecode --extra center

# The first python3 on a PATH may be older than 3.13: take the first that is new enough.
find_python = $(firstword $(foreach p,python3.13 /usr/bin/python3.13 python3.14 python3 /usr/bin/python3,\
  $(if $(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null && echo yes),$(p))))

PORT ?= 8000
DATA ?= var/center
WHEEL := build/tool/stamp
RELEASE := build/release

# A worker a core: two a core were tried and took longer, for what waits is little beside what computes.
WORKERS ?= $(shell nproc)
PARTS := $(MAKE) --no-print-directory --jobs 2

.PHONY: help run install test release test-release test-rescue windows lint types docs reference bench validate clean
.PHONY: types-linux types-windows test-main test-postgresql test-windows

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: install $(WHEEL) ## install what is missing and start the centre on port 8000
	exec $(VENV)/bin/quetsach center up --data $(DATA) --port $(PORT) --tool build/tool $(if $(wildcard $(RELEASE)/release.json),--tool $(RELEASE))

install: $(VENV)/.installed ## make the environment (.venv) and nothing else

$(UV):
	@python="$(find_python)"; \
	if [ -z "$$python" ]; then echo "quetsach needs Python 3.13 or newer; on Debian 13: apt install python3" >&2; exit 1; fi; \
	if ! $$python -c 'import ensurepip' 2>/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -qy --no-install-recommends python3-venv; \
	  else echo "$$python lacks the venv module; as root: apt install python3-venv" >&2; exit 1; fi; fi; \
	[ -x $(VENV)/bin/python ] || $$python -m venv $(VENV); \
	$(VENV)/bin/python -m ensurepip --upgrade >/dev/null; \
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

$(VENV)/.installed: $(UV) pyproject.toml uv.lock
	$(SYNC) --no-dev --inexact
	@touch $@

# The tool as people download it: one wheel, rebuilt when its content changes.
$(WHEEL): $(VENV)/.installed $(shell find src packs data -type f -not -path '*/__pycache__/*' 2>/dev/null) pyproject.toml hatch_build.py
	@mkdir -p build/tool && rm -f build/tool/*.whl
	$(UV) build --quiet --wheel --out-dir build/tool
	@touch $@

test: ## set up what the tests need (Debian packages when root) and run everything
	@$(MAKE) --no-print-directory $(UV)
	$(SYNC)
	@$(VENV)/bin/python tests/requirements.py
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(PARTS) types-linux types-windows docs
	$(VENV)/bin/python -m tests.spark
	$(VENV)/bin/python -m tests.windows.bed
	$(MAKE) --no-print-directory test-main
	$(PARTS) test-postgresql test-windows

test-main:
	$(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not release"

test-postgresql:
	$(VENV)/bin/python tests/postgresql.py

test-windows:
	$(VENV)/bin/python -m tests.windows

release: ## what people download, into build/release; TOOL=WHEEL of a centre brings its root of trust
	@$(MAKE) --no-print-directory $(UV)
	$(SYNC)
	@$(VENV)/bin/python tests/requirements.py release
	$(MAKE) --no-print-directory $(WHEEL)
	$(VENV)/bin/python -m release.windows.build --out $(RELEASE) --wheel $(or $(TOOL),"$$(echo build/tool/quetsach-*.whl)")
	$(VENV)/bin/python -m release.linux.build --out $(RELEASE) --wheel $(or $(TOOL),"$$(echo build/tool/quetsach-*.whl)")

test-release: release ## build what people download and try it where there is no Python
	@$(VENV)/bin/python tests/requirements.py
	$(VENV)/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m release tests/release tests/windows

windows: $(UV) ## the tests that run inside Windows, alone; WORDS="-k name" for pytest
	$(SYNC)
	@$(VENV)/bin/python tests/requirements.py
	$(VENV)/bin/python -m tests.windows $(WORDS)

test-rescue: ## make the rescue stick and start emulated computers from it (root, Debian 13, half an hour)
	@$(MAKE) --no-print-directory $(UV)
	$(SYNC)
	$(VENV)/bin/python -m tests.rescue

lint: $(UV) ## ruff, with the formatter
	$(SYNC) && $(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

types: $(UV) ## mypy, strict, for Linux and for what only Windows runs
	$(SYNC)
	$(PARTS) types-linux types-windows

types-linux:
	$(VENV)/bin/mypy

types-windows:
	$(VENV)/bin/mypy --platform win32 --cache-dir .mypy_cache/win32 -p quetsach.endpoint.host.nt

docs: $(UV) ## build the documentation; a warning is an error
	$(SYNC)
	$(VENV)/bin/zensical build --strict --clean

bench: $(UV) ## every speed claim of the README, as ratios in one run; PEER=SCRIPT adds IntelMQ
	$(SYNC)
	$(VENV)/bin/python bench/chain.py $(if $(PEER),--peer $(PEER))
	$(VENV)/bin/python bench/endpoint_scan.py
	$(VENV)/bin/python bench/endpoint_engines.py
	$(VENV)/bin/python bench/goodware.py
	$(VENV)/bin/python bench/windows.py
	$(VENV)/bin/python bench/endpoint_crash.py
	$(VENV)/bin/python bench/update.py
	$(VENV)/bin/python bench/rollup.py
	$(VENV)/bin/python bench/letters.py
	$(VENV)/bin/python bench/cascade.py
	$(VENV)/bin/python bench/publicity.py
	$(VENV)/bin/python bench/partners.py
	$(VENV)/bin/python bench/simulate.py
	$(VENV)/bin/python bench/hosts.py
	$(VENV)/bin/python bench/ingest_growth.py
	$(VENV)/bin/python bench/portal.py
	$(VENV)/bin/python bench/accounts.py

validate: $(UV) ## what the numbers promise, against simulated truth; SHORT=1 takes seconds
	$(SYNC)
	$(VENV)/bin/python bench/validate.py $(if $(SHORT),--short)

clean: ## remove what was built; data in var/ stays
	rm -rf build site .venv

reference: $(UV) ## write the generated pages of docs/reference
	$(SYNC)
	$(VENV)/bin/python -m quetsach.cli.reference docs/reference
