# Everything a fresh Debian 12 needs: `make demo`, `make test`. Each target does its own set-up.
# PYTHON=... picks another interpreter (3.11 or newer), VENV=... another place for the environment.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEMO   ?=
TEST   ?=
BENCH  ?=
DAYS   ?=
SOAK   ?=
STORM  ?=
OUTAGES ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types contracts bench soak storm faultdays outages lock deb docs screenshots clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/' | expand -t 20

setup: $(READY)  ## make the environment in .venv (done by every other target on its own)

# The stamp is as old as the last set-up: a changed pyproject.toml sets up again, everything else is left alone.
$(READY): pyproject.toml
	@echo "setting up $(VENV), once; a minute or two" >&2
	@[ -n "$(PYTHON)" ] || { echo "localctl needs Python 3.11 or newer; on Debian 12: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11; say PYTHON=/path/to/python3.11" >&2; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq </dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$package </dev/null >&2; \
	  else \
	    echo "this Python cannot make environments; run: sudo apt-get install $$package" >&2; exit 1; \
	  fi; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable . --group dev
	@touch $@

demo: $(READY)  ## a CSMS, twelve stations and localctl between them, on loopback; DEMO="--fast" takes twelve seconds
	@$(BIN)/localctl demo $(DEMO)

test: $(READY)  ## the whole test suite; TEST="tests/routing -x" runs a part of it
	$(BIN)/python -m pytest -q $(TEST)

lint: $(READY)  ## ruff
	$(BIN)/ruff check .

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

contracts: $(READY)  ## which package may import which
	$(BIN)/lint-imports

bench: $(READY)  ## what localctl costs beside a direct connection and plain relays; BENCH="relay --quick" runs one
	$(BIN)/python -m tests.bench $(BENCH)

soak: $(READY)  ## 30 minutes at 1,000 stations, then `make faultdays outages`; SOAK, DAYS and OUTAGES="..." add arguments
	$(BIN)/python -m tests.bench.soak $(SOAK)
	@$(MAKE) --no-print-directory faultdays outages

storm: $(READY)  ## 500 stations come back at once after a power cut, on real sockets; STORM="--heed 0" and more
	$(BIN)/python -m tests.bench.storm $(STORM)

faultdays: $(READY)  ## 500 simulated fault days, each on a site of its own; DAYS="--seeds 50" makes it fewer
	$(BIN)/python -m localctl.simulate.days --seeds 500 $(DAYS)

outages: $(READY)  ## 1,000 seeded runs through outages, killed boxes and cut lines; OUTAGES="--seeds 50" makes it fewer
	$(BIN)/python -m tests.e2e.outage --seeds 1000 $(OUTAGES)

lock: $(READY)  ## pin the appliance's packages by hash in requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --upgrade --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 --python-platform linux --custom-compile-command 'make lock' --output-file requirements.lock pyproject.toml

deb: $(READY)  ## the Debian package, into dist/; on Debian 12, for the architecture it runs on
	@PYTHON=$(BIN)/python deploy/debian/build dist

screenshots: $(READY)  ## photograph the page of the running demo for README (needs chromium)
	$(BIN)/python -m tests.e2e.screenshots

docs: $(READY)  ## write the generated reference pages and dashboards anew
	$(BIN)/localctl config schema > deploy/schema/localctl.schema.json
	$(BIN)/localctl config reference > localctl/docs/config.md
	$(BIN)/python -m localctl.observe.reference > localctl/docs/metrics.md
	$(BIN)/python -m localctl.states > localctl/docs/states.md
	$(BIN)/python deploy/grafana/generate.py
	$(BIN)/python -m localctl.cli.manual markdown > localctl/docs/cli.md
	$(BIN)/python -m localctl.cli.manual man > deploy/man/localctl.1
	for shell in bash zsh fish; do _LOCALCTL_COMPLETE=source_$$shell $(BIN)/localctl | sed '/./,$$!d' > deploy/completion/$$shell; done
	$(BIN)/python -m localctl.observe.reference_answers > localctl/docs/carrying.md
	$(BIN)/python -m tests.repo.conformance > localctl/docs/conformance.md
	$(BIN)/python -m tests.repo.worked

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
