#!/bin/sh
# Print the first Python that is new enough and can make environments: those named as arguments,
# else python3 and the versioned names. A name that exists may still not run (pyenv), so each is run.
set -u

[ $# -gt 0 ] || set -- python3 python3.14 python3.13 python3.12 python3.11 python
found=''
for python in "$@"; do
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        found="$found $python is $version;"
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        found="$found $python ($version) has no venv module (Debian, Ubuntu: apt-get install python3-venv);"
    else
        echo "$python"
        exit 0
    fi
done
echo "error: pmgit needs Python 3.11 or newer;${found:- no Python was found;} looked for: $*" >&2
echo "hint: install one, or name it: make PYTHON=/path/to/python3.12" >&2
exit 1
