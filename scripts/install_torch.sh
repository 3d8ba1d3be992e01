#!/bin/sh
# An environment with torch (CPU), transformers and onnxruntime, for the tests that need them.
# Usage: install_torch.sh FOLDER PYTHON. Exit code 1, with the reason, where torch comes only as a
# CUDA build, which has gigabytes; PMGIT_TEST_TORCH=1 takes that too.
set -eu
folder=$1 python=$2
[ -f "$folder/.installed" ] && exit 0
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
pip() { "$folder/bin/python" -m pip --disable-pip-version-check "$@"; }

# The same version everywhere: what a file looks like depends on it.
torch=torch==2.13.0
found=$(pip install -q --dry-run --no-deps --report - "$torch" 2>/dev/null |
    sed -n 's/.*"url": "\([^"]*\)".*/\1/p' | head -n 1)
case $found in
    file:*cpu* | *macosx* | *aarch64* | *arm64*) pip install -q "$torch" ;;
    *)
        if ! pip install -q --no-deps --retries 1 "$torch" \
            --index-url https://download.pytorch.org/whl/cpu 2>/dev/null; then
            if [ "${PMGIT_TEST_TORCH:-}" != 1 ]; then
                echo 'torch: here it comes with CUDA, which has gigabytes; to take it: PMGIT_TEST_TORCH=1'
                exit 1
            fi
        fi
        pip install -q "$torch"
        ;;
esac
pip install -q 'transformers>=5' 'onnxruntime>=1.20'
pip install -q --upgrade 'pip>=25.1'
pip install -q -e . --group test
touch "$folder/.installed"
