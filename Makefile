# make demo   the whole loop on real sample data, told as it happens
# make test   everything, on a real Kafka, PostgreSQL, Kannel and postfix; installs and starts what that needs
# make check  linters, types, import directions, fast tests: the day's work, under a minute
# make lint   the first three of these
# make crash  workers, broker and database killed at random, 100 faults on each engine; KILLS=n SEED=n
# make bench  findings per second, beside a plain Faust agent, QuixStreams and a bare consumer; about 15 minutes
# make bench-mail  mails per second into a local postfix, with and without TLS
# make venv   only the virtual environment
# make lock   pin the newest versions that pyproject.toml allows

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help venv java servers demo test lint check crash bench lock

BIN := .venv/bin
FAST_TESTS := tests/unit tests/property tests/flow tests/contract
CODE := streams notifiers schemas tests $(wildcard bench)

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

venv:
	@scripts/venv.sh

java:
	@scripts/system.sh java maven

servers:
	@scripts/system.sh java maven postgresql kannel postfix

demo: venv java
	@$(BIN)/rectify demo

test: venv servers
	@$(BIN)/python -m streams.jars
	$(BIN)/python -m pytest --require-integration $(FAST_TESTS) tests/integration

lint: venv
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

check: lint
	$(BIN)/python -m pytest -q -n auto $(FAST_TESTS)

KILLS ?= 100
SEED ?= 20230306
crash: venv
	@scripts/system.sh java maven postgresql
	@$(BIN)/python -m streams.jars
	@$(BIN)/python -m tests.crash --kills $(KILLS) --seed $(SEED)

bench: venv
	@scripts/system.sh java maven postgresql
	@scripts/bench_venv.sh
	@$(BIN)/python -m bench

bench-mail: venv
	@scripts/system.sh postfix
	@$(BIN)/python -m bench.mail

COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
lock: venv
	$(COMPILE) --all-build-deps -o requirements.lock pyproject.toml
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) --extra bench -o requirements-bench.lock pyproject.toml
