#!/bin/sh
# Install git-lfs with the system's package manager when it is missing. It does not run
# `git lfs install`: no git configuration is changed beyond what the system's package itself does.
set -eu

command -v git-lfs >/dev/null 2>&1 && exit 0

root=''
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        root=none
    elif [ -t 0 ]; then
        root=sudo
    else
        root='sudo -n' # nobody is there to type a password
    fi
fi

as_root() {
    if [ "$root" = none ]; then
        echo "not root, and there is no sudo: cannot run $*" >&2
        return 1
    fi
    echo "\$ $root${root:+ }$*" >&2
    $root "$@"
}

install() {
    if command -v apt-get >/dev/null 2>&1; then
        export DEBIAN_FRONTEND=noninteractive
        as_root apt-get install -y -q git-lfs ||
            { as_root apt-get update -q && as_root apt-get install -y -q git-lfs; }
    elif command -v dnf >/dev/null 2>&1; then
        as_root dnf install -y -q git-lfs
    elif command -v yum >/dev/null 2>&1; then
        as_root yum install -y -q git-lfs
    elif command -v pacman >/dev/null 2>&1; then
        as_root pacman -S --noconfirm --needed git-lfs
    elif command -v zypper >/dev/null 2>&1; then
        as_root zypper --non-interactive install git-lfs
    elif command -v apk >/dev/null 2>&1; then
        as_root apk add git-lfs
    elif command -v brew >/dev/null 2>&1; then
        echo '$ brew install git-lfs' >&2
        brew install git-lfs # refuses to run as root
    else
        return 1
    fi
}

echo 'git-lfs is missing; installing it with the package manager of this system' >&2
if install >&2 && command -v git-lfs >/dev/null 2>&1; then
    exit 0
fi
cat >&2 <<'HINT'
error: git-lfs is missing and could not be installed
hint: install it, then run make again:
  Debian, Ubuntu   sudo apt-get install git-lfs
  Fedora, RHEL     sudo dnf install git-lfs
  Arch             sudo pacman -S git-lfs
  openSUSE         sudo zypper install git-lfs
  Alpine           sudo apk add git-lfs
  macOS            brew install git-lfs
  Windows          it is part of Git for Windows: https://gitforwindows.org
  elsewhere        https://git-lfs.com
The project called git-lfs on PyPI is something else.
HINT
exit 1
