# Two commands are enough on a fresh Debian 12: `make demo` and `make test`. Both set up what is missing.

# Debian's own Python first, so that two machines agree; any other python3 must be 3.11 or later.
SYSTEM_PYTHON := $(shell for p in /usr/bin/python3 python3; do \
    command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# Test processes; tests that share something stay in one of them (tests/distribution.py). They are two for each of
# two cores, since many tests wait for a server, a browser or Windows programs.
PROCESSES ?= 4
# The same for the fast tests on any computer: few of them wait, but none should leave a core idle.
ONE_MORE = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
GROUPED := --dist loadgroup
FAST := "not wine and not slow and not service and not browser and not fuzz"
# Chooses by how much answers come late.
LATE ?= 1
# Per cent of lines and branches that the long run has to reach.
COVERAGE_AT_LEAST ?= 85

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo check test lint-and-client-test every-test test-long test-late lint client-test docs \
  bench bench-room lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## prepare this computer: Debian packages, .venv, the Windows Python, the wine prefix
	@test -n "$(SYSTEM_PYTHON)" || { echo 'Python 3.11 or later is needed: apt-get install python3' >&2; exit 1; }
	@$(SYSTEM_PYTHON) -m bootstrap

setup-dev: ## prepare .venv alone: no root, no Debian packages
	@test -n "$(SYSTEM_PYTHON)" || { echo 'Python 3.11 or later is needed, with its venv module' >&2; exit 1; }
	@$(SYSTEM_PYTHON) -m bootstrap --dev

demo: setup ## build, issue, publish, serve, install and prove the demo exam, end to end
	@$(PYTHON) build.py demo

check: setup-dev ## lint and the fast tests: no root, no Debian packages, no wine, no server
	$(lint)
	ONESEAT_TESTS=quick $(PYTEST) -n $(ONE_MORE) $(GROUPED) -m $(FAST)

test: setup ## every check and every test; of one folder or file: T=tests/portal, of some names: K=login
ifeq ($(T)$(K),)
	@$(MAKE) --no-print-directory --jobs 3 lint-and-client-test every-test
else
	$(PYTEST) $(T) $(if $(K),-k '$(K)')
endif

# The output of these two is shown when each has ended, that of the tests beside them as it comes.
lint-and-client-test: setup
	@$(MAKE) --no-print-directory --output-sync=target lint client-test

every-test: setup
	$(PYTEST) -n $(PROCESSES) $(GROUPED) --durations=30

test-long: setup ## every test with random examples, long fuzzing, more kills, bases built anew, and coverage
	ONESEAT_TESTS=long $(PYTEST) -n $(PROCESSES) $(GROUPED) --durations=30 \
	  --cov --cov-report=term --cov-fail-under=$(COVERAGE_AT_LEAST)

test-late: setup ## the browsers' tests, with servers that answer late at random; other delays: LATE=2
	ONESEAT_LATE=$(LATE) $(PYTEST) -n $(PROCESSES) $(GROUPED) tests/room/browser tests/portal/browser

lint: setup ## ruff, mypy, import-linter
	$(lint)

client-test: setup ## the shipped code's tests, under the Python that ships
	$(PYTHON) -m tests.shipped

# Another platform is another cache: in one, each run would discard what the other left.
define lint
$(PYTHON) -m ruff check .
$(PYTHON) -m ruff format --check .
$(PYTHON) -m mypy
$(PYTHON) -m mypy --platform win32 --cache-dir .mypy_cache/win32 oneseat/client tests/client
.venv/bin/lint-imports
endef

docs: setup ## write the generated reference pages anew
	$(PYTHON) -m docs.generate

bench: setup ## print the benchmarks' tables
	$(PYTHON) bench/stamp.py
	$(PYTHON) -m bench.peers
	$(PYTHON) bench/portal.py
	$(PYTHON) bench/publish.py
	$(PYTHON) bench/issue.py
	$(PYTHON) bench/custody.py
	$(PYTHON) bench/launch.py
	$(PYTHON) -m bench.room --alone
	$(PYTHON) -m bench.wall
	$(PYTHON) -m bench.measures
	$(PYTHON) -m bench.evidence
	$(PYTHON) bench/guard.py

bench-room: setup ## print all figures of the exam room and its page as JSON, in a quarter of an hour
	$(PYTHON) -m bench.room --json

# Extras are kept: older pips, Debian 12's among them, take a newer release for an extra that is not pinned itself.
UV := .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-strip-extras --no-header \
  --no-emit-index-url --no-config
lock: setup ## choose the newest versions that requirements/*.in allow, and write down their hashes
	cd requirements && ../$(UV) --universal --python-version 3.11 runtime.in --output-file runtime.txt
	cd requirements && ../$(UV) --universal --python-version 3.11 --constraint runtime.txt dev.in --output-file dev.txt
	cd requirements && for set in client-windows client-build-windows client-test-windows; do \
	  ../$(UV) --python-version 3.8 --python-platform x86_64-pc-windows-msvc --only-binary :all: \
	    $$set.in --output-file $$set.txt || exit 1; done

clean: ## remove what tools left behind; keeps .venv, the cache and dist/
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -not -path './.cache/*' -prune -exec rm -rf {} +
