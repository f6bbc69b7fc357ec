# `make demo` and `make test` need Python 3.11+ and make, nothing else.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
CHECKPOINTS ?= checkpoints
# Of the demo: movies, co-stars of films; or films, persons and their films, which are nodes of two types.
DATASET ?= movies
# Of the demo: the default of `latentlink train`; the tests take fewer.
EPOCHS ?=
# A plain torch on Linux brings gigabytes of CUDA; name an index of CPU wheels here to avoid it.
TORCH_INDEX ?=

BIN       := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TORCH     := $(shell sed -n 's/^\(torch==.*\)/\1/p' constraints.txt)
LOWEST    := .venv-lowest

.PHONY: setup port demo test proofs lowest lint format docs bench clean

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Latentlink needs Python 3.11 or newer, found %s: make PYTHON=python3.11 ..." % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	@echo "installing torch and the rest, some minutes the first time"
	$(BIN)/pip install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) '$(TORCH)'
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[rdf,sql,demo,otel,remote,qdrant,pgvector,dev,docs]'
	touch $@

# Before the training, and once more before its addresses are printed.
PORT_IS_FREE = $(PYTHON) -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2> /dev/null || \
  { echo "port $(PORT) is in use: choose another one, as in make demo PORT=8001"; exit 2; }

port:
	@$(PORT_IS_FREE)

demo: port setup $(CHECKPOINTS)/$(DATASET)/CURRENT
	@$(PORT_IS_FREE)
	@echo
	@echo "  explorer        http://localhost:$(PORT)/"
	@echo "  documentation   http://localhost:$(PORT)/docs"
	@echo "  readiness       http://localhost:$(PORT)/readyz"
	@echo "  try             curl 'http://localhost:$(PORT)/v1/models/$(DATASET)/neighbors?node=Tom+Hanks&k=5'"
	@echo
	@exec $(BIN)/latentlink serve --port $(PORT) --checkpoints $(CHECKPOINTS)

# Half the default width, and the learned rows that `auto` settles on here: as good on this graph, in less than half the time.
$(CHECKPOINTS)/movies/CURRENT: | setup
	$(BIN)/latentlink train --dataset movies --dim 128 --node-embeddings on $(if $(EPOCHS),--epochs $(EPOCHS)) --checkpoints $(CHECKPOINTS)

$(CHECKPOINTS)/films/CURRENT: | setup
	$(BIN)/latentlink train --dataset films $(if $(EPOCHS),--epochs $(EPOCHS)) --checkpoints $(CHECKPOINTS)

# Two processes, a file of tests each: what a file shares is made once.
test: setup
	$(BIN)/python -m pytest -m "not slow" --numprocesses 2 --dist loadfile

# Kills, floods, forged files, swaps under load, and wheels in environments of their own: the gate runs them, too.
proofs: $(VENV)/.proofs
	$(BIN)/python -m pytest -m slow --numprocesses 2 --dist loadfile

$(VENV)/.proofs: $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[proofs]'
	touch $@

# The lower bounds of pyproject.toml, on Python 3.11: every direct dependency in the oldest version that it allows.
# Without otel, which asks for a newer FastAPI than the service does.
lowest:
	$(PYTHON) -m venv --clear $(LOWEST)
	$(LOWEST)/bin/pip install --quiet --constraint constraints.txt uv
	$(if $(TORCH_INDEX),$(LOWEST)/bin/pip install --quiet --index-url $(TORCH_INDEX) \
	  "$$(sed -n 's/.*"torch>=\([0-9.]*\).*/torch==\1.*/p' pyproject.toml)")
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
	  --editable '.[serve,train,rdf,sql,demo,remote,qdrant,pgvector,milvus,dev]'
	$(LOWEST)/bin/python -m pytest -m "not slow" tests/app tests/latentlink tests/models

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m docs.generate
	$(BIN)/python -m tests.deploy.chart

# Never writes a page: what the code has left behind is an error here, and mended by `make format`.
docs: setup
	$(BIN)/python -m docs.generate --check
	rm -rf site
	$(BIN)/zensical build --clean --strict

bench: setup
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; \
	  $(BIN)/python -m benchmarks.$$(basename $$script .py) --quick || missed="$$missed $$script"; done; \
	test -z "$$missed" || { echo "missed a target:$$missed"; exit 1; }

clean:
	rm -rf $(VENV) $(LOWEST) dist site .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
