# make demo    a finished workbook from the example, without an account
# make demo-batch    300 products through batch jobs at half the price, without an account
# make test    everything that CI runs
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin
PIP := .venv/bin/python -m pip --quiet --disable-pip-version-check
RUNTIME := .venv/.runtime
DEMO := .venv/.demo
DEV := .venv/.dev
# Packages of the system are installed as root, or by sudo where that asks for no password.
SUDO = $(shell test "$$(id -u)" = 0 || { sudo -n true 2>/dev/null && echo sudo -n || echo false; })

# Tests start many processes: where this is set, each of them would compile all our modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-batch cluster secrets test test-fast test-slow corpus check bench lock clean libreoffice servers

help:
	@echo "make demo       run the example without an account: workbook and report"
	@echo "make demo-batch 300 products through batch jobs, without an account: what they save is in the summary"
	@echo "make cluster    Redis, PostgreSQL, web, beat and WORKERS=2 on this machine; SIMULATOR=1 needs no account"
	@echo "make secrets    passwords for docker-compose.yml, into secrets/"
	@echo "make test       all tests and checks, nothing skipped"
	@echo "make test-fast  the tests that start no server (under a minute)"
	@echo "make test-slow  twenty kills and big volumes"
	@echo "make corpus     reads and rewrites a folder of real spreadsheets (SKUSCRIBE_CORPUS=FOLDER), prints a table"
	@echo "make check      ruff, mypy, layers, sizes, docs"
	@echo "make bench      the figures of docs/performance.md"

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say where it is: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: install the package python3-venv."; exit 1; }
	@$(PYTHON) -m venv .venv

$(RUNTIME): requirements.lock pyproject.toml | .venv/bin/python
	@echo "Setting up .venv (a minute, once) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(RUNTIME)
	@$(BIN)/skuscribe run examples/outdoor-range.xlsx --template product-description --template seo-meta \
		--brand examples/brand.toml --simulate --fresh --overwrite --out outputs/results/demo

# Batch jobs keep their records in S3: the extra brings one that runs on this machine.
$(DEMO): requirements-demo.lock $(RUNTIME)
	@$(PIP) install --require-hashes -r requirements-demo.lock
	@touch $@

demo-batch: $(DEMO)
	@$(BIN)/skuscribe run examples/autumn-range.xlsx --template product-description --lane batch \
		--simulate --fresh --overwrite --out outputs/results/demo-batch

# The services of docker-compose.yml as plain processes, until Ctrl-C.
cluster: $(DEV) servers
	@exec $(BIN)/python tests/make_cluster.py --workers $(or $(WORKERS),2) $(if $(SIMULATOR),--simulator)

# Compose mounts these files as they are, and each container has a user of its own: all may read the files, but only you
# the folder. What is there already stays.
secrets: secrets/redis_conf secrets/broker_url secrets/postgres_password secrets/database_url
	@echo "secrets/ holds the passwords that docker-compose.yml uses."

secrets/postgres_password secrets/redis_password:
	@umask 022; mkdir -p -m 700 secrets
	@umask 022; $(PYTHON) -I -c 'import secrets; print(secrets.token_hex(24))' > $@

secrets/database_url: | secrets/postgres_password
	@umask 022; read -r password < secrets/postgres_password; \
		echo "postgresql://skuscribe:$$password@postgres:5432/skuscribe" > $@

secrets/redis_conf: | secrets/redis_password
	@umask 022; read -r password < secrets/redis_password; echo "requirepass $$password" > $@

secrets/broker_url: | secrets/redis_password
	@umask 022; read -r password < secrets/redis_password; echo "redis://:$$password@redis:6379/0" > $@

# Three on two cores: who waits for a server leaves its core to the others.
test: check libreoffice servers
	@$(BIN)/python -m pytest -q -n 3

test-fast: $(DEV)
	@$(BIN)/python -m pytest -q -n 2 -m "not servers and not slow and not corpus"

test-slow: $(DEV) libreoffice servers
	@$(BIN)/python -m pytest -q -m slow

corpus: $(DEV) libreoffice
	@$(BIN)/python -m pytest -q -s -m corpus tests

# The tests open workbooks with LibreOffice; it is installed where that is allowed, else its absence is told.
libreoffice:
	@command -v soffice >/dev/null || { \
		echo "Installing LibreOffice Calc for the tests (once) …"; \
		$(SUDO) apt-get -qq update && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get -qq install -y --no-install-recommends libreoffice-calc-nogui >/dev/null 2>&1; \
		command -v soffice >/dev/null || { \
			echo "The tests need LibreOffice: install the package libreoffice-calc-nogui (or libreoffice)."; exit 1; }; }

# The tests start a Redis and a PostgreSQL of their own, on free ports. Installing the programs starts no service:
# SYSTEMD_OFFLINE and RUNLEVEL keep the packages from it, create_main_cluster=false from making a database.
CLUSTER_CONF := /etc/postgresql-common/createcluster.conf
HAS_REDIS = command -v redis-server || command -v valkey-server
HAS_POSTGRESQL = command -v postgres || ls /usr/lib/postgresql/*/bin/postgres
INSTALL = $(SUDO) env SYSTEMD_OFFLINE=1 RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends
servers:
	@{ $(HAS_REDIS); } >/dev/null 2>&1 || { \
		echo "Installing Redis for the tests (once) …"; \
		$(SUDO) apt-get -qq update && $(INSTALL) redis-server >/dev/null 2>&1; \
		{ $(HAS_REDIS); } >/dev/null 2>&1 || { \
			echo "The tests need Redis: install the package redis-server (or valkey)."; exit 1; }; }
	@{ $(HAS_POSTGRESQL); } >/dev/null 2>&1 || { \
		echo "Installing PostgreSQL for the tests (once) …"; \
		$(SUDO) apt-get -qq update && $(INSTALL) postgresql-common >/dev/null 2>&1 && \
		$(SUDO) sed -i.skuscribe 's/^#*create_main_cluster.*/create_main_cluster = false/' $(CLUSTER_CONF) && \
		{ $(INSTALL) postgresql >/dev/null 2>&1; $(SUDO) mv $(CLUSTER_CONF).skuscribe $(CLUSTER_CONF); }; \
		{ $(HAS_POSTGRESQL); } >/dev/null 2>&1 || { \
			echo "The tests need PostgreSQL 13 or newer: install the package postgresql."; exit 1; }; }

check: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/house

bench: $(DEV)
	@$(BIN)/python bench/run.py

lock: | .venv/bin/python
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra demo pyproject.toml -c requirements.lock -o requirements-demo.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra demo --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock

clean:
	@rm -rf .venv build dist *.egg-info
