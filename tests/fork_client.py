"""What a shell or a Git hook runs in place of `pmgit`, and asks for a fork of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.forked import PYTHON, READ_AT_START, START

#: The numbers of all limits that a process has, here and on macOS.
LIMITS = 16 if sys.platform == "linux" else 9
#: Behind how many words of a command with PYTHON those for the program begin.
WORDS = {"pre-commit": 2, "pmgit": 4}

#: What a shell runs as `pmgit`: no import that takes time (that of `os` is a fifth), the program
#: itself where a fork is not the same: another Python, limits (`ulimit`, `umask`), a folder or a
#: file that is not there.
CLIENT = """\
#!{python} -IS
import posix, resource, sys, _socket
def text(data): return data.decode("utf-8", "surrogateescape")
argv = [{program!r}, *sys.argv[{words}:]]
environ = posix.environ.items()
given = {{text(n): text(v) for n, v in environ if text(n).startswith({read_at_start!r})}}
if {is_in_hooks}:
    # So `pmgit init` tries hooks; Python reads and prints UTF-8 then as it does in C.UTF-8.
    given = {{n: v for n, v in given.items() if (n, v) != ("LC_ALL", "C")}}
limits = [resource.getrlimit(number) for number in range({count})]
posix.umask(mask := posix.umask(0))
try:
    here = posix.getcwd()
    are_open = all(map(posix.fstat, (0, 1, 2)))
except OSError:
    here = ""
if not here or (given, limits, mask) != {usual!r}:
    posix.execv(argv[0], argv)
asked = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
asked.connect({address!r})
files = b"".join(file.to_bytes(4, sys.byteorder) for file in (0, 1, 2))
asked.sendmsg([b"!"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
words = [word.encode("utf-8", "surrogateescape") for word in (str(len(argv)), *argv, here)]
asked.sendall(b"\\0".join([*words, *(name + b"=" + value for name, value in environ)]))
asked.shutdown(_socket.SHUT_WR)
sys.exit(int(asked.recv(16) or b"99"))
"""


#: The same for a C compiler: such a start takes 2 ms of processor time where Python takes 20.
COMPILED = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
extern char **environ;
static const struct rlimit usual[] = {@limits@};
static const char *begins[] = {@read_at_start@}, *start[] = {@start@};
#define COUNT(of) (int)(sizeof(of) / sizeof(*of))

static int is_usual(int is_in_hooks) {
    int found = 0;
    for (char **one = environ; *one; one++) {
        int is_read = 0, is_known = 0;
        for (int at = 0; at < COUNT(begins); at++)
            is_read |= !strncmp(*one, begins[at], strlen(begins[at]));
        if (!is_read || (is_in_hooks && !strcmp(*one, "LC_ALL=C"))) continue;
        for (int at = 0; at < COUNT(start); at++) is_known |= !strcmp(*one, start[at]);
        if (!is_known) return 0;
        found++;
    }
    for (int at = 0; at < @count@; at++) {
        struct rlimit now;
        if (getrlimit(at, &now) || now.rlim_cur != usual[at].rlim_cur
            || now.rlim_max != usual[at].rlim_max) return 0;
    }
    mode_t mask = umask(0);
    umask(mask);
    return found == COUNT(start) && mask == @mask@;
}

static void say(FILE *to, const char *word) { fwrite(word, 1, strlen(word) + 1, to); }

int main(int count, char **words) {
    char here[65536], number[16], answer[17] = "", *name = strrchr(words[0], '/');
    struct stat status;
    int skipped = 1, is_in_hooks = 0;
    const char *program = 0;
    name = name ? name + 1 : words[0];
    @programs@
    if (!program || count < skipped) return 98;
    words += skipped - 1;
    count -= skipped - 1;
    words[0] = (char *)program;
    if (!getcwd(here, sizeof here) || fstat(0, &status) || fstat(1, &status) || fstat(2, &status)
        || !is_usual(is_in_hooks)) {
        execv(program, words);
        return 97;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = @address@};
    int asked = socket(AF_UNIX, SOCK_STREAM, 0);
    if (asked < 0 || connect(asked, (struct sockaddr *)&address, sizeof address)) return 96;
    int files[3] = {0, 1, 2};
    union { char space[CMSG_SPACE(sizeof files)]; struct cmsghdr aligned; } control = {0};
    struct iovec mark = {"!", 1};
    struct msghdr message = {
        .msg_iov = &mark, .msg_iovlen = 1,
        .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof files);
    memcpy(CMSG_DATA(rights), files, sizeof files);
    FILE *to = fdopen(asked, "w");
    if (!to || sendmsg(asked, &message, 0) < 0) return 95;
    snprintf(number, sizeof number, "%d", count);
    say(to, number);
    for (int at = 0; at < count; at++) say(to, words[at]);
    fputs(here, to);
    for (char **one = environ; *one; one++)
        if (strchr(*one, '=')) { fputc(0, to); fputs(*one, to); }
    if (fflush(to) || shutdown(asked, SHUT_WR)) return 94;
    return recv(asked, answer, 16, 0) > 0 ? atoi(answer) : 99;
}
"""


def write_clients(
    clients: dict[str, Path], address: str, program: str, compiler: str | None
) -> None:
    """Write what asks for a fork of `program`, or for one of its hook, under each of these names.

    It is compiled where there is a C compiler that can do that, and else a script for Python.
    """
    import resource

    limits = [resource.getrlimit(number) for number in range(LIMITS)]
    os.umask(mask := os.umask(0))
    ours = Path(sys.executable).parent
    started = {name: str(ours / (program if name == PYTHON else name)) for name in clients}
    words = {name: WORDS[program] if name == PYTHON else 1 for name in clients}
    for client in clients.values():
        client.parent.mkdir(exist_ok=True)
    if compiler:
        choice = "".join(
            f"if (!strcmp(name, {_quoted(name)})) program = {_quoted(started[name])},"
            f" skipped = {words[name]}, is_in_hooks = {int(name != 'pmgit')};\n"
            for name in clients
        )
        values = {
            "limits": ", ".join(f"{{(rlim_t){soft}LL, (rlim_t){hard}LL}}" for soft, hard in limits),
            "read_at_start": ", ".join(map(_quoted, READ_AT_START)),
            "start": ", ".join(_quoted(f"{name}={value}") for name, value in START.items()),
            "count": str(LIMITS), "mask": str(mask),
            "programs": choice, "address": _quoted(address),
        }  # fmt: skip
        text = COMPILED
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        first, *others = clients.values()
        argv = [compiler, "-O1", "-w", "-x", "c", "-", "-o", str(first)]
        source = os.fsencode(text)
        if not subprocess.run(argv, input=source, capture_output=True, check=False).returncode:
            for other in others:
                os.link(first, other)
            return
    for name, client in clients.items():
        client.write_text(CLIENT.format(
            python=sys.executable, program=started[name], words=words[name],
            address=address, read_at_start=READ_AT_START,
            count=LIMITS, is_in_hooks=name != "pmgit", usual=(START, limits, mask),
        ))  # fmt: skip
        client.chmod(0o755)


def _quoted(text: str) -> str:
    """As C writes it."""
    return '"' + "".join(f"\\{byte:03o}" for byte in os.fsencode(text)) + '"'
