# Everything is installed into .venv, from requirements.lock and nothing else.
# Needs: Python 3.11 or later with its venv module, and make. `make lock` also needs uv.

BIN := .venv/bin
PYTHON ?=
CANDIDATES := python3.11 python3.12 python3.13 python3

# Only for `train-test` and `lock`; `make train-test TORCH=2.15.0` takes another.
TORCH := 2.13.0

.PHONY: demo test test-slow train-test check lock clean

demo: .venv/installed
	$(BIN)/standfast demo

# One worker more than processors: some tests wait.
test: .venv/installed
	$(BIN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder

test-slow: .venv/installed
	$(BIN)/python -m pytest -m slow

# In a virtual environment of its own: training brings torch, which nothing else here needs.
train-test: .venv-train/installed
	.venv-train/bin/python -m pytest tests/examples

check: .venv/installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Written last, so an interrupted installation is started again and never taken for a finished one.
# Wheels only, each with a hash: building from source would fetch build tools that no hash covers.
.venv/installed: requirements.lock pyproject.toml
	@set -e; \
	for candidate in $(or $(PYTHON),$(CANDIDATES)); do \
	    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$${python:-}" ]; then \
	    echo 'make: standfast needs Python 3.11 or later. Name one with `make PYTHON=/path/to/python3.11`.' >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "make: $$python has no venv module. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; \
	fi; \
	echo 'Installing into .venv; this takes about a minute.'; \
	rm -f $@; \
	"$$python" -m venv --clear .venv; \
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --only-binary :all: --require-hashes -r requirements.lock; \
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e .; \
	touch $@

# torch alone has no hash: pip takes the build that it finds for the machine, on Linux with some GB of CUDA packages.
.venv-train/installed: examples/train_sender/requirements.lock .venv/installed
	@set -e; \
	echo 'Installing what training needs into .venv-train; this takes a minute or more.'; \
	rm -f $@; \
	$(BIN)/python -m venv --clear .venv-train; \
	pip='.venv-train/bin/python -m pip --disable-pip-version-check install --quiet'; \
	$$pip --no-deps --only-binary :all: --require-hashes -r $<; \
	$$pip --only-binary :all: torch==$(TORCH); \
	$$pip --no-deps --no-build-isolation -e .; \
	touch $@

# Keeps the versions that still fit; `make lock UPGRADE=--upgrade` takes the newest.
lock:
	uv pip compile pyproject.toml --group test --group lint --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --custom-compile-command 'make lock' --quiet $(UPGRADE) -o requirements.lock
	printf 'hatchling\npytest\ntorch==%s\n' '$(TORCH)' | uv pip compile pyproject.toml - --extra train -c requirements.lock \
	    --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --quiet \
	    | awk '/^[a-z]/ { kept = !/^(torch|triton|cuda-|nvidia-)/ } /^#/ || kept' > examples/train_sender/requirements.lock

clean:
	rm -rf .venv .venv-train .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
