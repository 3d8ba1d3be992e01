#!/bin/sh
# What action.yml runs: install pmgit into an environment of its own, then judge (ci_check.py).
# All inputs come in variables, PMGIT_ACTION_*. Nothing of the judged repository may be imported:
# `python -m` and `python -c` look into the current folder first, so they are run elsewhere, or
# with -I. Exit codes are those of pmgit: 3 when the work could not be done.
set -eu

fail() {
    echo "::error title=pmgit::$1"
    exit 3
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
version=${PMGIT_ACTION_VERSION:-}

python=$(cd -- "$here" && sh ./find_python.sh ${PMGIT_ACTION_PYTHON:+"$PMGIT_ACTION_PYTHON"}) ||
    fail 'there is no Python 3.11 or newer here; give the input python-version'

if [ "$version" = installed ]; then
    pmgit=$(command -v pmgit) || fail 'version "installed": there is no pmgit on the PATH'
else
    case $version in
        *[!0-9A-Za-z.+!]*) fail 'the input version must be a plain version, such as 0.1.0' ;;
        '') what=$here/.. ;; # the code of this action, at the commit that `uses:` names
        *) what=pmgit==$version ;;
    esac
    folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/pmgit.XXXXXX") ||
        fail 'a temporary folder could not be made'
    "$python" -I -m venv "$folder" || fail 'an environment for pmgit could not be made'
    bin=$folder/bin
    [ -d "$bin" ] || bin=$folder/Scripts
    "$bin/python" -I -m pip install -q --disable-pip-version-check "$what" ||
        fail 'pmgit could not be installed; see the log of this step'
    python=$bin/python
    pmgit=$bin/pmgit
    [ ! -f "$pmgit.exe" ] || pmgit=$pmgit.exe
    # A fix names pmgit by its whole path when it is not on the PATH; this one ends with the job.
    PATH=$(cd -- "$bin" && pwd):$PATH
    export PATH
fi

cd -- "${PMGIT_ACTION_DIRECTORY:-.}" || fail 'the working directory is not there'
exec "$python" -I "$here/ci_check.py" "$pmgit"
