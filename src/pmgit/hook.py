"""The face for Git: what hooks run, `pmgit-hook`.

On every commit's way, so it imports neither click nor anything else that is slow, and git is
started before most of pmgit is even imported.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Report
    from pmgit.git.repository import Repository
    from pmgit.snapshots.base import Snapshot

PUSH = "pre-push"
RECEIVE = "pre-receive"
STAGES = ("pre-commit", "pre-merge-commit", PUSH)
#: Every Git hook that there is a file for; the last of them runs on servers.
HOOKS = (*STAGES, RECEIVE)
#: What is sure to be looked up in the index, by one question at the start: the configuration, the
#: baseline, and the default models folders (of large ones what is described). A test holds it.
LOOKED_UP = (".pmgit.toml", "pyproject.toml", ".pmgit-baseline")
MODELS, NOTE = ("pretrained_model", "pretrained_models"), "INFO.md"

USAGE = """\
usage: pmgit-hook [STAGE] [--select NAMES] [--ignore NAMES]
       pmgit-hook pre-push REMOTE URL [--select NAMES] [--ignore NAMES]
       pmgit-hook pre-receive [--config FILE] [--gitlab] [--select NAMES] [--ignore NAMES]

What Git's hooks and pre-commit run; people type `pmgit check`.

STAGE           pre-commit or pre-merge-commit: judge what is staged. Without it, the
                environment decides: the range that pre-commit names, else what is staged,
                else (nothing is staged: `run --all-files`, CI) the whole tree.
pre-push        judge what is new to the remote in every ref on standard input.
pre-receive     on a server: judge what is new here in every ref on standard input, by the
                configuration of the server or of the old tip.
--config FILE   the configuration of the server (pre-receive only)
--gitlab        begin every line so that GitLab shows it on its pages (pre-receive only)
--select NAMES  only these rules and families (with commas between)
--ignore NAMES  not these
"""


class Arguments:
    """The arguments of the command line. Raises UsageError."""

    def __init__(self, argv: list[str]) -> None:
        self.stage = ""
        #: What Git passes to pre-push: the remote's name (or its address), and its address.
        self.receiver: list[str] = []
        self.names: dict[str, list[str]] = {"--select": [], "--ignore": []}
        #: For pre-receive: the file that the server judges by.
        self.config = ""
        #: Whether GitLab is to show it.
        self.gitlab = False
        words = iter(argv)
        for word in words:
            option, equals, value = word.partition("=")
            if option in self.names:
                if not equals:
                    value = next(words, "")
                names = [name for name in value.split(",") if name]
                if not names:  # no names at all would mean all rules
                    raise _usage(f"{option} needs names of rules or families")
                self.names[option] += names
            elif option == "--config" and self.stage == RECEIVE:
                self.config = value if equals else next(words, "")
                if not self.config:
                    raise _usage("--config needs a value")
            elif word == "--gitlab" and self.stage == RECEIVE:
                self.gitlab = True
            elif option in ("--first", "--begun"):
                raise _usage("this hook is of an earlier pmgit: see pmgit server install")
            elif word.startswith("-"):
                raise _usage(f"unknown option {word!r}")
            elif word in HOOKS and not self.stage:
                self.stage = word
            elif self.stage == PUSH and len(self.receiver) < 2:
                self.receiver.append(word)
            else:
                raise _usage(f"unknown stage {word!r}: it is one of {', '.join(HOOKS)}")


def _usage(message: str) -> Exception:
    from pmgit.core.errors import UsageError

    return UsageError(message, "see: pmgit-hook --help")


def run() -> None:
    """The entry point: as `main`, and out at once.

    Taking a Python apart that is about to end costs 4 to 8 ms of a commit's 40.
    """
    import atexit

    from pmgit.core import startup

    startup.begin()
    code = main()
    atexit._run_exitfuncs()  # temporary folders are removed there
    os._exit(code)


def main(argv: list[str] | None = None) -> int:
    """Judge, print, and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    # A process that lives for 50 ms has nothing to collect: with 50,000 files it saves a tenth.
    gc.disable()
    if argv and argv[0] in ("--help", "-h", "--version"):
        from pmgit import __version__

        _write(USAGE if argv[0] != "--version" else f"pmgit {__version__}\n")
        return 0
    from pmgit.core.errors import INTERRUPTED

    answered = False
    try:
        code = _main(argv)
        answered = True
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is not "findings"
        code = _failed(error)
    finally:
        process = sys.modules.get("pmgit.git.process")
        if process and not answered:
            process.stop_all()
    return code


def _failed(error: Exception) -> int:
    """Print what went wrong; returns the exit code."""
    from pmgit.core.errors import lines_and_exit_code
    from pmgit.core.shell import called, own_command
    from pmgit.report.redact import redact
    from pmgit.report.text import visible

    lines, code = lines_and_exit_code(error)
    text = "".join(f"{visible(redact(line))}\n" for line in lines)
    _write(called(text, own_command()), sys.stderr)
    return code


def _main(argv: list[str]) -> int:
    arguments = Arguments(argv)
    if arguments.stage == RECEIVE:
        return _receive(arguments)
    if arguments.stage == PUSH:
        return _print_report(*_judge_push(arguments))
    snapshot = _snapshot(arguments.stage)
    report = _judge(snapshot, arguments)
    misses = _misses(snapshot, report)
    if misses and snapshot.span.cut:
        from pmgit.report.text import cut_off

        _write(f"{cut_off(snapshot.span.cut)}\n", sys.stderr)
    return _print_report(snapshot.repository, report, misses)


def _judge(snapshot: Snapshot, arguments: Arguments) -> Report:
    from pmgit.check import config_lookup, engine

    config = config_lookup.read(snapshot)
    names = engine.selected(config, arguments.names["--select"], arguments.names["--ignore"])
    return engine.judge(snapshot, config, names)


def _misses(snapshot: Snapshot, report: Report) -> bool:
    """Whether too little could be judged to call it clean (partial clone).

    What is staged is always here, and so is what somebody pushes who made it: of these, the old
    objects that a rule also looked for must not stop all work. A pushed blob that is not here
    was fetched from somewhere, and nobody has judged it.
    """
    if snapshot.span.cut and snapshot.receiver.known is None:
        return True
    if not report.not_judged or snapshot.origin == "staged":
        return False
    if snapshot.receiver.known is None:
        return True
    from pmgit.git.blob import NOT_HERE

    return any(blob.size == NOT_HERE for blob in snapshot.introduced)


def _judge_push(arguments: Arguments) -> tuple[Repository, Report, bool]:
    """Judge every tip of a push by itself, with the configuration that it has."""
    from pmgit.core.finding import together
    from pmgit.git import ref_updates
    from pmgit.git.repository import discover
    from pmgit.snapshots import push

    if not arguments.receiver:
        raise _usage("pre-push needs the name or the address of the remote")
    updates = ref_updates.parse(_announced_refs(PUSH), pushing=True)
    repository = discover()
    if not updates and os.environ.get("PRE_COMMIT_REMOTE_NAME"):
        # pre-commit gives its hooks nothing to read; the environment has the first ref.
        from pmgit.snapshots import commit_range

        taken: Iterator[Snapshot] = iter((commit_range.from_environment(repository),))
    else:
        taken = push.take(repository, arguments.receiver[0], updates)
    reports, misses = [], False
    for snapshot in taken:
        reports.append(_judge(snapshot, arguments))
        misses = misses or _misses(snapshot, reports[-1])
    return repository, together(reports), misses


def _announced_refs(stage: str) -> bytes:
    """The refs of a push, as Git announces them on standard input. Raises UsageError."""
    stdin = getattr(sys.stdin, "buffer", None)
    if stdin is None or sys.stdin.isatty():
        raise _usage(f"{stage} needs the refs of the push on standard input, as Git announces them")
    announced: bytes = stdin.read()
    return announced


def _receive(arguments: Arguments) -> int:
    """Judge a push on the server, and print what its pusher can do; returns the exit code."""
    from pmgit.server import pre_receive

    names = arguments.names
    text, code = pre_receive.answer(
        _announced_refs(RECEIVE), arguments.config, names["--select"], names["--ignore"],
        gitlab=arguments.gitlab,
    )  # fmt: skip
    _write(text)
    return code


def _print_report(repository: Repository, report: Report, misses: bool) -> int:
    """Print the findings; returns the exit code. `misses`: what was not judged must not pass."""
    if report.not_scanned:
        from pmgit.report.text import not_scanned

        _write(f"{not_scanned(report.not_scanned)}\n", sys.stderr)
    if report.not_judged:
        from pmgit.report.text import not_judged

        hint = "hint: git log -p, of these commits, has git fetch them\n" if misses else ""
        _write(f"{not_judged(report.not_judged)}\n{hint}", sys.stderr)
    if report.findings:
        from pmgit.fix.spill import shell_for
        from pmgit.report.colour import Paint, wanted
        from pmgit.report.text import render

        paint = Paint(wanted(sys.stdout, os.environ.get("PMGIT_COLOR", "")))
        _write(render(report, shell_for(repository), paint=paint))
    if report.errors:
        return 1
    return 3 if misses else 0


def _snapshot(stage: str) -> Snapshot:
    """The snapshot to judge: of the named stage, a range, the staged change, or the whole tree."""
    environ = os.environ
    pushed = not stage and environ.get("PRE_COMMIT_REMOTE_NAME")
    ranged = not stage and environ.get("PRE_COMMIT_FROM_REF") and environ.get("PRE_COMMIT_TO_REF")
    if pushed or ranged:
        from pmgit.git.repository import discover
        from pmgit.snapshots import commit_range

        return commit_range.from_environment(discover())
    from pmgit.snapshots import staged

    start = staged.Start(*LOOKED_UP, roots=MODELS, note=NOTE)
    # What judges: to import it takes as long as Git's comparison does in a small repository.
    from pmgit.check import engine  # noqa: F401

    snapshot = start.finish()
    if stage or environ.get("GIT_INDEX_FILE") or snapshot.changes:
        return snapshot
    from pmgit.snapshots import tree

    return tree.take(snapshot.repository)


def _write(text: str, stream: object = None) -> None:
    """Write UTF-8, whatever the locale: paths and fixes must come out as they are."""
    target = sys.stdout if stream is None else stream
    buffer = getattr(target, "buffer", None)
    if buffer is None:
        return  # the stream was closed before Python started
    try:
        buffer.write(text.encode("utf-8", "backslashreplace"))
        buffer.flush()
    except OSError:
        # The reader has gone, or the disk is full; the exit code still shows what was found.
        os.dup2(os.open(os.devnull, os.O_WRONLY), buffer.fileno())


if __name__ == "__main__":
    run()
