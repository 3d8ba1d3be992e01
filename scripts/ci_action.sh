#!/bin/sh
# What action.yml runs: install pmgit into an environment of its own, then judge (ci_check.py).
# All inputs come in variables, PMGIT_ACTION_*. Nothing of the judged repository may be imported:
# `python -m` and `python -c` look into the current folder first, so they are run elsewhere, or
# with -I.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
version=${PMGIT_ACTION_VERSION:-}

python=$(cd -- "$here" && sh ./find_python.sh ${PMGIT_ACTION_PYTHON:+"$PMGIT_ACTION_PYTHON"})

if [ "$version" = installed ]; then
    pmgit=$(command -v pmgit) || {
        echo '::error title=pmgit::version "installed": there is no pmgit on the PATH'
        exit 3
    }
else
    case $version in
        *[!0-9A-Za-z.+!]*)
            echo '::error title=pmgit::the input version must be a plain version, such as 0.1.0'
            exit 2
            ;;
        '') what=$here/.. ;; # the code of this action, at the commit that `uses:` names
        *) what=pmgit==$version ;;
    esac
    folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/pmgit.XXXXXX")
    "$python" -I -m venv "$folder"
    bin=$folder/bin
    [ -d "$bin" ] || bin=$folder/Scripts
    "$bin/python" -I -m pip install -q --disable-pip-version-check "$what" || {
        echo '::error title=pmgit::pmgit could not be installed; see above'
        exit 3
    }
    python=$bin/python
    pmgit=$bin/pmgit
    # A fix names pmgit by its whole path when it is not on the PATH; this one ends with the job.
    PATH=$(cd -- "$bin" && pwd):$PATH
    export PATH
fi

cd -- "${PMGIT_ACTION_DIRECTORY:-.}"
exec "$python" -I "$here/ci_check.py" "$pmgit"
