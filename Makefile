# make run     install what is missing, then start credmatch with a fictional pool of 2,000
# make test    install what is missing, then run every test
# make test-faults  install what is missing, then run the long tests: faults, many seeds
# make setup   install what is missing into .venv
# make lock    write the lock files anew from pyproject.toml: for tests, and for what runs alone

# Compiled modules are kept, whatever the shell says: without them a start takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test test-faults setup lock

# The first Python that is new enough; else any, which then says what is wrong.
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$name"; exit; }; \
	done; command -v python3 || command -v python || echo no-python-found)

help:
	@sed -n 's/^# //p' Makefile

run:
	@"$(PYTHON)" tools/preflight.py run
	@"$(PYTHON)" tools/environment.py
	@exec .venv/bin/credmatch serve --sample

# Two files of tests at a time, the longest first, which are those of whole installations.
test: setup
	@exec .venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-faults: setup
	@exec .venv/bin/pytest -m faults

setup:
	@"$(PYTHON)" tools/preflight.py setup
	@"$(PYTHON)" tools/environment.py

COMPILE = .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --quiet

lock: setup
	@$(COMPILE) --extra dev --output-file requirements.lock
	@$(COMPILE) --constraint requirements.lock --output-file requirements-run.lock
