# GNU Make 3.81 (macOS) is enough. Everything happens in .venv and .cache; nothing is installed
# elsewhere but git-lfs, by the system's package manager, when it is missing (make test, make demo).

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
INSTALLED := $(VENV)/.installed
WEIGHTS := .cache/weights
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Each worker of each run would compile all tests again (make clean removes what is compiled).
export PYTHONDONTWRITEBYTECODE :=

TORCH := .cache/torch

.PHONY: help test test-torch lint demo bench clean

help:
	@echo 'make demo    block a commit with raw weights, paste the printed fixes, push with Git LFS'
	@echo 'make test    all tests, with genuine weights from the package registry'
	@echo 'make test-torch   the tests with real torch, transformers and onnxruntime, in .cache/torch'
	@echo 'make lint    ruff, mypy, and whether the generated files are up to date'
	@echo 'make bench   how long a commit waits, beside other tools (ten minutes)'
	@echo 'make clean   remove what these have made'

test: $(INSTALLED)
	@sh scripts/install_git_lfs.sh
	@$(BIN)/python -m tests.weights $(WEIGHTS)
	$(BIN)/python -m pytest -n auto --dist worksteal

# What needs torch: it has 700 MB, and no user of pmgit needs it for anything else. Its files lie in
# a second environment, because some tests are about machines without it.
test-torch: $(INSTALLED)
	@sh scripts/install_git_lfs.sh
	@sh scripts/install_torch.sh $(TORCH) $(BIN)/python
	$(TORCH)/bin/python -m pytest -q tests/formats/test_genuine.py $$(find tests -name 'test_*_torch.py')

lint: $(INSTALLED)
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/python scripts/generate.py --check

demo: $(INSTALLED)
	@sh scripts/install_git_lfs.sh
	@$(BIN)/python -m tests.weights $(WEIGHTS)
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash demo/run.sh $(WEIGHTS)

bench: $(INSTALLED)
	@sh scripts/install_git_lfs.sh
	$(BIN)/python bench/hook_latency.py --targets

clean:
	rm -rf $(VENV) .cache build dist .pytest_cache .mypy_cache .ruff_cache
	find src tests scripts bench -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment of its own, made anew only when it is not there; PYTHON=… says with what.
$(VENV)/pyvenv.cfg:
	@python=$$(sh scripts/find_python.sh $(PYTHON)) && \
	echo "making $(VENV) with $$python" && "$$python" -m venv $(VENV)

# The stamp: a second `make test` installs nothing, unless pyproject.toml has changed.
# --group needs pip 25.1.
$(INSTALLED): $(VENV)/pyvenv.cfg pyproject.toml
	@echo 'installing pmgit and what its tests need into $(VENV)'
	@$(BIN)/python -m pip install -q --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -q -e . --group test --group lint
	@touch $(INSTALLED)
