# make demo   codes the bundled sample day and writes a page you can open
# make test   runs the tests
#
# Both set up .venv by themselves; all they need is Python 3.11 or newer and make.

VENV ?= .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check

# The first Python on the PATH that is new enough; `make demo PYTHON=...` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)

.PHONY: demo test lint clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.ready
	@$(PY) -m workbench demo

test: $(VENV)/.ready-for-tests
	@$(PY) -m pytest -n 2

lint: $(VENV)/.ready-for-development
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

clean:
	rm -rf $(VENV) build dist

# A stamp for each stage; older than pyproject.toml or uv.lock, it is made again.
$(VENV)/.ready: pyproject.toml uv.lock
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  found=$$("$(or $(PYTHON),python3)" --version 2>/dev/null || true); \
	  echo "Infusion Timeline needs Python 3.11 or newer; found: $${found:-none}." >&2; \
	  echo "Install it, or name it: make demo PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$("$(PYTHON)" --version) (a minute or two, once)"
	@"$(PY)" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear "$(VENV)"
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --editable '.[all]'
	@touch $@

$(VENV)/.ready-for-tests: $(VENV)/.ready
	@echo "Adding what the tests need"
	@$(PIP) install --group test
	@touch $@

$(VENV)/.ready-for-development: $(VENV)/.ready-for-tests
	@$(PIP) install --group dev
	@touch $@
