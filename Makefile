# The verbs of the project. Everything is installed into .venv and frontend/node_modules.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export UV_COMPILE_BYTECODE := 1
# Hard links would make NLTK refuse the sentence models that llama-index-core ships.
export UV_LINK_MODE := copy
ifneq ($(PIP_FIND_LINKS),)
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif
# The CPU build of torch: from the given find-links folder, else by uv's own backend switch.
TORCH := $(if $(UV_FIND_LINKS),,--torch-backend=cpu)
# Two files of tests at a time; a file stays on one process, so that what it builds is built once.
PARALLEL := -n 2 --dist loadfile
HOST ?= 127.0.0.1
PORT ?= 8000
# Where the page of `make host` may show the demo election in a frame.
HOST_PORT ?= 8001
run: export ISEGORIA_EMBEDDERS ?= demo=http://127.0.0.1:$(HOST_PORT)

.PHONY: run host test soak setup check bench frontend demo clean

run: setup frontend demo ## install, build the demo election, serve it
	$(BIN)/isegoria serve --host $(HOST) --port $(PORT)

host: ## beside `make run`: a page of another origin that shows the demo election in a widget
	$(PYTHON) scripts/host_page.py --service http://$(HOST):$(PORT) --port $(HOST_PORT)

setup: $(VENV)/.ready ## install only
	@$(BIN)/python -m compileall -q app audit domain guardrails ingestion # as the installed packages are: a start compiles nothing

$(VENV)/.ready: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=/path/to/python3.11"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' constraints.txt)"
	$(BIN)/uv pip install --python $(BIN)/python $(TORCH) -c constraints.txt -e ".[ingest,embeddings,postgres,eval,dev]"
	touch $@

frontend: ## build the browser script; the pages work without it
	@if command -v npm >/dev/null; then scripts/frontend; else echo "Node.js is missing: the pages are served without the script"; fi

demo: setup ## build the demo election
	$(BIN)/isegoria build demo

test: setup frontend ## all tests, heavy suites as seeded samples
	scripts/tools
	$(BIN)/python -m pytest $(PARALLEL)

soak: setup frontend ## the full counts
	scripts/tools
	ISEGORIA_SOAK=1 $(BIN)/python -m pytest $(PARALLEL)

check: setup ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## against what a user would otherwise assemble
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) frontend/node_modules frontend/dist
