# Each target makes the environment that it needs, from locked and hashed requirements.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test test-all check bench measures lock clean

demo: $(VENV)/main.done  ## twelve generated organisations learn from one another, beside the truth
	$(BIN)/fedlore demo

test: check  ## lint, types, import contracts and the tests
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup -m "not slow"

test-all: check  ## the same with the tests that take longer (FEDLORE_CRASH_STRIDE=1: crash at every statement)
	$(BIN)/pytest -q -n $(WORKERS) --dist loadgroup

check: $(VENV)/dev.done  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/dev.done  ## every benchmark beside its peer
	$(BIN)/python -m bench

measures: $(VENV)/main.done  ## docs/measures.md, made from the catalogue
	$(BIN)/python -m fedlore.catalogue.page > docs/measures.md

lock: $(VENV)/dev.done
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml -o requirements/main.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --group build -o requirements/build.txt

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/main.done: $(VENV)/bin/python requirements/main.txt requirements/build.txt pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/main.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.done: $(VENV)/main.done requirements/dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@
