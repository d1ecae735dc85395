# make demo    the demo firmware with its bug (a finding), then its repaired twin (clean)
# make test    the whole test suite
# make check   lint, format, types
# make bench   measurements; bench-smoke is the short form for CI
#
# The first target makes .venv and installs dmalab into it, without root. PYTHON chooses the interpreter (3.11 or later).

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

CHIP ?= esp32p4
DEMO_BUG ?= examples/psram_frame/bug.c
DEMO_FIXED ?= examples/psram_frame/fixed.c

# Two to four workers: each test that runs firmware also runs a compiler.
PYTEST_FLAGS ?= -q -n auto --maxprocesses 4

.PHONY: demo test check format bench bench-smoke clean

demo: $(STAMP)
	@echo "== $(DEMO_BUG): expected to be caught"
	@$(BIN)/dmalab run $(DEMO_BUG) --chip $(CHIP); status=$$?; \
	  test $$status -eq 1 || { echo "demo: expected exit status 1, got $$status" >&2; exit 1; }
	@echo "== $(DEMO_FIXED): expected to be clean"
	@$(BIN)/dmalab run $(DEMO_FIXED) --chip $(CHIP); status=$$?; \
	  test $$status -eq 0 || { echo "demo: expected exit status 0, got $$status" >&2; exit 1; }

test: $(STAMP)
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	@for script in bench/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

bench-smoke: $(STAMP)
	@for script in bench/bench_*.py; do echo "== $$script"; $(BIN)/python "$$script" --smoke || exit 1; done

# The stamp is newer than pyproject.toml only after a complete installation, so a broken one is done again.
$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
