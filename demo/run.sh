#!/usr/bin/env bash
# The main job of pmgit on throw-away repositories with genuine weights (`make demo`): a commit that
# is blocked, the printed fixes, the commit that passes; then the same weights by Git LFS, pushed
# and cloned. It stops with an error as soon as something is not as it should be.
#
#     demo/run.sh [FOLDER WITH THE WEIGHTS]
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd -P)
weights=$(cd "${1:-$project/.cache/weights}" && pwd -P)
scratch=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$scratch"' EXIT

# Nothing of the user's is read or written: own HOME, own git configuration.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars)
[ ! -d "$project/.venv/bin" ] || PATH=$project/.venv/bin:$PATH
export PATH HOME=$scratch/home GIT_CONFIG_GLOBAL=$scratch/home/.gitconfig GIT_CONFIG_NOSYSTEM=1
export XDG_CONFIG_HOME=$HOME/config XDG_CACHE_HOME=$HOME/cache GIT_TERMINAL_PROMPT=0 NO_COLOR=1
mkdir "$HOME"
git config --global user.name Demo
git config --global user.email demo@example.invalid
git config --global init.defaultBranch main

say() { printf '\n# %s\n' "$*"; }

fail() {
    printf 'demo: %s\n' "$*" >&2
    exit 1
}

# Print a command like a transcript, run it in a shell of its own, show what it prints.
# Output is left in $scratch/out, the exit code in $code.
try() {
    printf '$ %s\n' "$1"
    code=0
    bash -c "$1" >"$scratch/out" 2>&1 || code=$?
    cat "$scratch/out"
}

ok() {
    try "$1"
    [ "$code" -eq 0 ] || fail "exit code $code"
}

refused() {
    try "$1"
    [ "$code" -ne 0 ] || fail 'this had to be refused'
}

names() { # the last output must name each of these
    for word in "$@"; do
        grep -qF -- "$word" "$scratch/out" || fail "no '$word' in the output above"
    done
}

# Run the printed fixes one by one, as a person who copies them would.
paste_fixes() {
    sed -n 's/^fix: //p' "$scratch/out" >"$scratch/fixes"
    [ -s "$scratch/fixes" ] || fail 'no fix was printed'
    while IFS= read -r fix <&3; do
        ok "$fix"
    done 3<"$scratch/fixes"
}

enter() {
    printf '$ mkdir %s && cd %s && git init\n' "$1" "$1"
    mkdir "$scratch/$1"
    cd "$scratch/$1"
    git init -q
}

model=pretrained_model/silero-vad
file=$model/silero_vad_16k.safetensors

add_model() {
    mkdir -p "$model"
    cp "$weights/silero_vad_16k.safetensors" "$file"
    printf '{"sample_rate": 16000, "architecture": "silero-vad"}\n' >"$model/config.json"
    ok "ls -l $model"
}

# Lines of `rev-list --objects` are `id path`; nothing reachable may be as large as weights.
largest_in_history() {
    git rev-list --objects --all --no-object-names |
        git cat-file --batch-check='%(objectsize)' | sort -n | tail -n 1
}

say 'Genuine weights, a hook, and a commit as it is made every day'
enter project
export PMGIT=$project
# shellcheck disable=SC2016 # the reader is to see the name of the variable
ok 'cp "$PMGIT"/hooks/pre-commit "$PMGIT"/hooks/pre-merge-commit .git/hooks/'
add_model
ok 'git add -A'
refused 'git commit -m "Add silero-vad"'
names silero_vad_16k.safetensors missing-info
[ -z "$(git rev-parse -q --verify HEAD || true)" ] || fail 'a commit was made'

say 'The printed fixes, pasted one by one'
paste_fixes
ok 'git commit -m "Add silero-vad"'

say 'The weights are on the disk as before, INFO.md accounts for them, Git has none of them'
ok 'git ls-files'
names "$model/INFO.md" "$model/config.json"
! grep -qF "$file" "$scratch/out" || fail 'the weights are in Git'
cmp "$weights/silero_vad_16k.safetensors" "$file" || fail 'the weights on the disk have changed'
ok "git check-ignore -v $file"
[ "$(largest_in_history)" -lt 100000 ] || fail 'something large is in the history'
ok 'git status --short'
[ ! -s "$scratch/out" ] || fail 'the work tree is not clean'
ok 'pmgit check --all'

say 'The same weights by Git LFS: every clone gets them'
ok 'git lfs install --skip-repo'
git init -q --bare "$scratch/server.git"
enter shared
# shellcheck disable=SC2016
ok 'cp "$PMGIT"/hooks/pre-commit "$PMGIT"/hooks/pre-merge-commit .git/hooks/'
add_model
ok 'pmgit lfs-setup'
ok "pmgit info new silero-vad --source https://pypi.org/project/silero-vad/ --license MIT --revision 6.2.3"
ok 'git add -A'
ok 'git commit -m "Add silero-vad"'
ok "git cat-file blob HEAD:$file"
names 'version https://git-lfs.github.com/spec/v1'
oid=$(sed -n 's/^oid sha256://p' "$scratch/out")
[ "$(largest_in_history)" -lt 100000 ] || fail 'something large is in the history'

say 'What the server has: a pointer in Git, and the object itself'
ok 'git remote add origin ../server.git'
ok 'git push -q -u origin main'
object=lfs/objects/${oid:0:2}/${oid:2:2}/$oid
ok "ls -l ../server.git/$object"
cmp "$weights/silero_vad_16k.safetensors" "../server.git/$object" || fail 'not what was pushed'

say 'What a colleague gets'
cd "$scratch"
ok 'git clone -q server.git clone'
ok "ls -l clone/$model"
cmp "$weights/silero_vad_16k.safetensors" "clone/$file" || fail 'the clone has no real weights'
ok 'cd clone && pmgit check --all'

say 'All of this went as it should.'
