# make demo   the whole loop on real sample data, told as it happens
# make test   every kind of test, on a real Kafka, PostgreSQL, Kannel, postfix and clamd; installs and starts what that needs
# make prove  the tests that take long, which make test leaves out: more crashes and outages, limits of memory, the second database
# make check  linters, types, import directions, unit and flow tests: the day's work, under a minute on two cores
# make lint   the first three of these
# make snapshots  write whole letters and sheets anew, after a change of words; the diff is reviewed
# make pictures  take the pictures of the units' guide anew, after a change of the pages; they are looked at
# make crash  workers, brokers, database, network, disk and clocks fail at random, 100 faults a play; KILLS=n SEED=n
# make fuzz   hostile messages and files, made up at random: CASES=100000 of them; HISTORIES=200 of the loop on both databases
# make bench  findings per second, beside a plain Faust agent, QuixStreams and a bare consumer; about 15 minutes
# make bench-mail  mails per second into a local postfix, with and without TLS
# make bench-pages  how long pages take over a million tickets while findings come in, and their memory
# make venv   only the virtual environment
# make lock   pin the newest versions that pyproject.toml allows

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help venv java servers ready demo test prove lint check snapshots pictures crash fuzz bench bench-mail bench-pages lock

BIN := .venv/bin
QUICK_TESTS := tests/unit tests/flow
CODE := streams notifiers schemas tests $(wildcard bench)

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

venv:
	@scripts/venv.sh

java:
	@scripts/system.sh java maven

servers:
	@scripts/system.sh java maven postgresql kannel postfix promtool chromium nginx clamd kcat php javac go

demo: venv java
	@$(BIN)/rectify demo

# Programs that the tests start hundreds of times are compiled once, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

ready: venv servers
	@$(BIN)/python -m streams.local.jars
	@scripts/tool_venv.sh checkers

# Processes that share the test files; they wait for servers now and then.
TESTERS ?= 3
PYTEST := $(BIN)/python -m pytest --require-integration -n $(TESTERS) --dist loadfile --no-loadscope-reorder
TESTS := tests/integration tests/browser tests/fuzz tests/property tests/contract $(QUICK_TESTS)
test: ready
	$(PYTEST) -m "not long" $(TESTS)

prove: ready
	$(PYTEST) -m long $(TESTS)

lint: venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

check: lint
	$(BIN)/python -m pytest -q -n auto $(QUICK_TESTS)

snapshots: venv
	$(BIN)/python -m pytest -q tests/unit/snapshots --snapshot-update

pictures: venv
	@scripts/system.sh chromium chromium_zh
	$(BIN)/python -m tests.browser.pictures

KILLS ?= 100
SEED ?= 20230306
crash: venv
	@scripts/system.sh java maven postgresql
	@$(BIN)/python -m streams.local.jars
	@$(BIN)/python -m tests.crash --kills $(KILLS) --seed $(SEED)
	@$(BIN)/python -m tests.crash --engine postgresql --brokers 3 --kills $(KILLS) --seed $(SEED)
	@$(BIN)/python -m tests.crash.rebalance

CASES ?= 100000
HISTORIES ?= 200
fuzz: venv
	@scripts/system.sh postgresql
	FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -v -n 0 --timeout=0 tests/fuzz
	RECTIFY_TEST_HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -v -n 0 --timeout=0 -k 'not kafka' tests/integration/rules/test_histories.py

bench: venv
	@scripts/system.sh java maven postgresql
	@scripts/tool_venv.sh bench
	@$(BIN)/python -m bench

bench-mail: venv
	@scripts/system.sh postfix
	@$(BIN)/python -m bench.mail

bench-pages: venv
	@scripts/system.sh java maven postgresql
	@$(BIN)/python -m bench.pages

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock: venv
	$(COMPILE) --all-build-deps -o requirements.lock pyproject.toml
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) --extra bench -o requirements-bench.lock pyproject.toml
	$(COMPILE) -o requirements-checkers.lock requirements-checkers.in
