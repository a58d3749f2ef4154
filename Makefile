# make demo   the main job on embedded defaults, no root, no servers, no accounts
# make test   installs what the tests need, and passes them
# make image-test  of these, builds and runs the image alone
# make cluster-test  builds an API server of Kubernetes once, and installs the chart on it; as root on Debian 12
# make check  the fast loop: format, lint, types, contracts, unit tests
PYTHON ?= python3
BIN := .venv/bin
REAL := slapd or samba or ds389 or postgres or browser or systemd or helm or prometheus or image or cluster or e2e
# Most tests wait for processes and servers; those of one file share theirs.
TOGETHER := --numprocesses 3 --dist loadfile
export PYTHONUTF8 := 1

.PHONY: demo test image-test cluster-test check lint unit format lock schema reference clean
.DELETE_ON_ERROR:

# The environment is named by its lock: a changed lock makes it anew.
.venv/runtime: requirements.lock pyproject.toml
	@scripts/environment "$(PYTHON)" requirements.lock
	@rm -f .venv/dev
	@touch $@

.venv/dev: requirements-dev.lock pyproject.toml
	@scripts/environment "$(PYTHON)" requirements-dev.lock
	@touch $@ .venv/runtime

demo: .venv/runtime
	@$(BIN)/hyperproof-bridge demo

# Kerberos takes a compiler, which scripts/servers has brought by then; nothing but its tests needs it.
test: .venv/dev
	@scripts/servers $(BIN)/python
	@scripts/tools
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-kerberos.lock
	@$(MAKE) --no-print-directory lint
	@$(BIN)/pytest $(TOGETHER)

image-test: .venv/dev
	@scripts/servers $(BIN)/python
	@scripts/tools
	@$(BIN)/pytest -m image

cluster-test: .venv/dev
	@scripts/tools
	@scripts/cluster
	@$(BIN)/pytest -m cluster tests/deploy/test_cluster.py

check: lint unit

lint: .venv/dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/vulture
	@$(BIN)/codespell
	@$(BIN)/shellcheck .ci/run scripts/environment scripts/servers scripts/tools scripts/cluster scripts/lock

unit: .venv/dev
	@$(BIN)/pytest -q $(TOGETHER) -m "not ($(REAL))"

format: .venv/dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock:
	@scripts/lock "$(PYTHON)"

schema: .venv/dev
	@$(BIN)/hyperproof-bridge schema > config/hyperproof-bridge.schema.json

reference: .venv/dev
	@$(BIN)/python -m bridge.cli.reference > docs/commands.md

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
