# make demo   the whole loop on real sample data, told as it happens
# make test   every kind of test, on a real Kafka, PostgreSQL, Kannel, postfix and clamd; installs and starts what that needs
# make prove  the tests that take long, which make test leaves out: more crashes and outages, limits of memory, the second database
# make check  linters, types, import directions, unit and flow tests: the day's work, under a minute on two cores
# make lint   the first three of these
# make snapshots  write whole letters and sheets anew, after a change of words; the diff is reviewed
# make pictures  take the pictures of the guides anew, after a change of the pages; they are looked at
# make crash  workers, brokers, database, network, disk and clocks fail at random, 100 faults a play; KILLS=n SEED=n
# make fuzz   hostile messages and files, made up at random: CASES=100000 of them; HISTORIES=200 of the loop on both databases
# make bench  findings per second, beside a plain Faust agent, QuixStreams and a bare consumer; about 15 minutes
# make bench-mail  mails per second into a local postfix, with and without TLS
# make bench-pages  how long pages take over a million tickets while findings come in, and their memory
# make docs   the site of the documents, for people and for engineers, in site/; its pages of reference are written anew
# make venv   only the virtual environment, with what the program needs; make tools: with the development tools, too
# make lock   pin the newest versions that pyproject.toml allows, and say what changed
# make audit  known vulnerabilities of what is pinned, secrets in the repository
# make bundle   the offline bundle, for a network without a way out; PYTHONS="3.11 3.13" ARCH=aarch64
# make release  sdist, wheel, what is in them and whose licences, base images, notes, checksums: dist/

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help venv tools java servers ready demo test prove lint check snapshots pictures crash fuzz bench bench-mail bench-pages docs lock audit release bundle

BIN := .venv/bin
QUICK_TESTS := tests/unit tests/flow
CODE := streams notifiers schemas tests scripts bench

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

venv:
	@scripts/venv.sh run

tools:
	@scripts/venv.sh dev

java:
	@scripts/system.sh java maven

servers:
	@scripts/system.sh java maven postgresql kannel postfix promtool prometheus chromium nginx clamd kcat systemd compose kustomize php javac go

demo: venv java
	@$(BIN)/rectify demo

# Programs that the tests start hundreds of times are compiled once, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

ready: tools servers
	@$(BIN)/python -m streams.local.jars
	@scripts/tool_venv.sh checkers
	@scripts/tool_venv.sh release

# Processes that share the test files; they wait for servers now and then.
TESTERS ?= 3
PYTEST := $(BIN)/python -m pytest --require-integration -n $(TESTERS) --dist loadfile --no-loadscope-reorder
TESTS := tests/integration tests/browser tests/fuzz tests/property tests/contract $(QUICK_TESTS)
test: ready
	$(PYTEST) -m "not long" $(TESTS)

prove: ready
	$(PYTEST) -m long $(TESTS)

lint: tools
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

check: lint
	$(BIN)/python -m pytest -q -n auto $(QUICK_TESTS)

snapshots: tools
	$(BIN)/python -m pytest -q tests/unit/snapshots --snapshot-update

pictures: tools
	@scripts/system.sh chromium chromium_zh
	$(BIN)/python -m tests.browser.pictures

KILLS ?= 100
SEED ?= 20230306
crash: tools
	@scripts/system.sh java maven postgresql
	@$(BIN)/python -m streams.local.jars
	@$(BIN)/python -m tests.crash --kills $(KILLS) --seed $(SEED)
	@$(BIN)/python -m tests.crash --engine postgresql --brokers 3 --kills $(KILLS) --seed $(SEED)
	@$(BIN)/python -m tests.crash.rebalance

CASES ?= 100000
HISTORIES ?= 200
fuzz: tools
	@scripts/system.sh postgresql
	FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -v -n 0 --timeout=0 tests/fuzz
	RECTIFY_TEST_HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -v -n 0 --timeout=0 -k 'not kafka' tests/integration/rules/test_histories.py

bench: tools
	@scripts/system.sh java maven postgresql
	@scripts/tool_venv.sh bench
	@$(BIN)/python -m bench

bench-mail: tools
	@scripts/system.sh postfix
	@$(BIN)/python -m bench.mail

bench-pages: tools
	@scripts/system.sh java maven postgresql
	@$(BIN)/python -m bench.pages

docs: tools
	@scripts/tool_venv.sh docs
	@$(BIN)/python -m tests.contract.reference
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock: tools
	$(COMPILE) --all-build-deps -o requirements.lock pyproject.toml
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) --extra bench -o requirements-bench.lock pyproject.toml
	$(COMPILE) -o requirements-checkers.lock requirements-checkers.in
	$(COMPILE) -o requirements-docs.lock requirements-docs.in
	$(COMPILE) -o requirements-release.lock requirements-release.in
	@$(BIN)/python scripts/lock_report.py

audit: tools
	@scripts/audit.sh

release: tools
	@scripts/system.sh java maven
	@scripts/release.sh

bundle: release
	@PYTHONS="$(PYTHONS)" ARCH="$(ARCH)" scripts/bundle.sh
