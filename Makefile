# make run: today's forecast from a fresh clone.  make test: the tests.  See README.md.
VENV ?= .venv
# Matrices are small: threads inside one product cost more than they save.
export OPENBLAS_NUM_THREADS ?= 1
PY := $(VENV)/bin/python

define FIND_PY
for c in "$${PYTHON:-}" python3 python3.13 python3.12 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python; do \
  [ -n "$$c" ] && "$$c" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 \
    && { "$$c" -c 'import sys; print(sys.executable)'; exit 0; }; \
done; \
command -v uv >/dev/null 2>&1 && uv python install -q 3.13 && uv python find 3.13 && exit 0; \
echo "no Python >= 3.12 found: put one on PATH, set PYTHON=/path/to/python, or install uv" >&2; exit 1
endef

.PHONY: run test lint bench soak readme screens chromium setup dev lock clean
run: setup
	@$(VENV)/bin/parley init
	@$(VENV)/bin/parley update

test: dev
	$(PY) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder $(PYTEST_ARGS)

lint: dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: dev
	$(PY) -m benchmarks.update

soak: dev  # PART=name for one part, of docs/soak.md
	$(PY) -m benchmarks.soak_tests $(PART)

screens: dev chromium  # a contact sheet of pages and pictures in every language, in screens/
	$(PY) -m benchmarks.screens $(SCREENS_ARGS)

chromium:  # Debian's, where there is none
	@command -v chromium >/dev/null 2>&1 || { apt-get update -q && apt-get install -y -q chromium; }

readme: dev  # the outputs and pictures in README.md and docs, made anew
	$(PY) -m benchmarks.readme $(README_ARGS)

setup: $(VENV)/.ok
$(VENV)/.ok: requirements.lock pyproject.toml
	@set -e; py=$$( $(FIND_PY) ); echo "making $(VENV) with $$py (two to three minutes, once)"; \
	rm -rf $(VENV); "$$py" -m venv $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

dev: $(VENV)/.dev
$(VENV)/.dev: $(VENV)/.ok requirements-dev.lock
	@echo "adding what tests and lint need to $(VENV) (a minute, once)"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# setuptools rides in build.in: a venv of 3.12+ has none, and the editable install needs it
COMPILE := uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header
lock:  # for developers first: the users' is a part of it, to the version
	$(COMPILE) --extra dev pyproject.toml build.in -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock pyproject.toml build.in -o requirements.lock
	! grep -nE '://|--(index|extra-index|find-links)' requirements.lock requirements-dev.lock

clean:
	rm -rf $(VENV)
