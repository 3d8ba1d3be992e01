"""The `pmgit` command.

Commands are imported when they are called, so that `pmgit --help` is fast. This is the one place
where errors become messages and exit codes.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn

import click
from click.exceptions import NoSuchCommand

from pmgit import __version__
from pmgit.commands._terminal import QUIET, words_of
from pmgit.core import startup
from pmgit.core.errors import (
    FAILED,
    INTERRUPTED,
    ROOM,
    USAGE,
    PmgitError,
    lines_and_exit_code,
)  # fmt: skip
from pmgit.core.shell import quote
from pmgit.git import process
from pmgit.report import colour
from pmgit.report.redact import redact
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The commands in the order of `--help`, by what people do with them.
GROUPS = {
    "Set up": ("init", "lfs-setup", "gitignore", "server", "env"),
    "Every day": ("check", "fix", "info", "explain"),
    "Models": (
        "add",
        "pull",
        "status",
        "verify",
        "scan",
        "inspect",
        "outdated",
        "update",
        "convert",
        "catalog",
    ),
    "Old repositories and trouble": ("baseline", "history", "doctor"),
}
COMMANDS = tuple(name for names in GROUPS.values() for name in names)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Commands(click.Group):
    """The group of all commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pmgit.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        _with_variables(command, f"PMGIT_{cmd_name}", ctx)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in their groups, each with the whole first sentence of its help."""
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                found = ((name, self.get_command(ctx, name)) for name in names)
                rows = [(name, one.get_short_help_str(200)) for name, one in found if one]
                formatter.write_dl(rows, col_max=max(map(len, COMMANDS)))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        known = name in COMMANDS or name.startswith("-") or ctx.resilient_parsing
        if name and not known:
            # click would look among the commands that are imported.
            possible = (*COMMANDS, *ctx.help_option_names)
            raise NoSuchCommand(visible(name), possibilities=possible, ctx=ctx)
        return super().resolve_command(ctx, args)


def _with_variables(command: click.Command, prefix: str, ctx: click.Context) -> None:
    """Give every option its variable, named after what is typed.

    click's auto_envvar_prefix goes by the name of the Python argument (PMGIT_CHECK_FORM), and
    takes in --version: PMGIT_VERSION is a likely name for a version that is pinned in CI.
    """
    for option in command.params:
        name = next((word for word in option.opts if word.startswith("--")), "")
        variable = f"{prefix}_{name[2:]}".replace("-", "_").upper()
        if isinstance(option, click.Option) and name and option.envvar in (None, variable):
            option.envvar = variable
            # Shown in --help and in errors only where it is set.
            option.show_envvar = variable in os.environ
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            if below is not None:
                _with_variables(below, f"{prefix}_{name}", ctx)


def _verbose(_ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        process.listener = _print_git


def _print_git(argv: tuple[str, ...], code: int, seconds: float) -> None:
    """Print a git command that was run to stderr, without the guards that all of them get."""
    words = visible(redact(" ".join(map(quote, ("git", *argv)))))
    ended = f", exit code {code}" if code else ""
    click.echo(f"pmgit: {words} ({seconds * 1000:.0f} ms{ended})", err=True)


def _colour(ctx: click.Context, _option: click.Parameter, value: str) -> None:
    ctx.color = {colour.ALWAYS: True, colour.NEVER: False}.get(value)


def _quiet(ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    ctx.meta[QUIET] = value


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_verbose,
    envvar="PMGIT_VERBOSE",
    help="Print every git command that is run, with its time, on stderr.",
)
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_quiet,
    envvar="PMGIT_QUIET",
    help="Print errors only: no warnings, and nothing of what goes well.",
)
@click.option(
    "--color",
    type=click.Choice(colour.CHOICES),
    default=colour.AUTO,
    show_default=True,
    expose_value=False,
    callback=_colour,
    envvar="PMGIT_COLOR",
    help="Colour the output; auto is on a terminal, unless NO_COLOR is set.",
)
@click.version_option(__version__, prog_name="pmgit", message="%(prog)s %(version)s")
def main_group() -> None:
    """Keep pretrained weights out of Git's history and every model accounted for.

    把预训练权重挡在 Git 历史之外，并让每个模型都有据可查。

    Every option of a command has a default in the environment: PMGIT_CHECK_FORMAT=json stands
    for --format json of `pmgit check`.
    """  # noqa: RUF002 - the punctuation of Chinese text is meant


def _is_of_all(option: str) -> bool:
    """Whether an option is one of `pmgit` itself, for all commands (`pmgit --quiet check`)."""
    return any(option in parameter.opts for parameter in main_group.params)


def _show(error: click.ClickException) -> None:
    """Print click's own words; what was typed may come from a script, and be the name of a file."""
    message = visible(error.format_message())
    if isinstance(error, click.UsageError):
        click.UsageError(message, error.ctx).show()
        if isinstance(error, click.NoSuchOption) and error.ctx and _is_of_all(error.option_name):
            program, *words = error.ctx.command_path.split()
            typed = " ".join([program, error.option_name, *words])
            click.echo(f"hint: it stands before the command: {typed}", err=True)
    else:
        click.ClickException(message).show()


def main() -> NoReturn:
    """Run a command; errors become a message, a hint and the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # In the C locale, or in a Windows pipe, Chinese help would end in a traceback.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    startup.begin()
    try:
        code = _run()
    finally:
        process.stop_all()
    sys.exit(code)


def _run() -> int:
    """Run a command, and print its error; returns the exit code."""
    try:
        code = main_group.main(standalone_mode=False)
    except PmgitError as error:
        hint = [f"hint: {words_of(error.hint)}"] if error.hint else []
        _complain(f"pmgit: {words_of(error.message)}", *hint)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        with _reader_may_be_gone():
            click.echo(error.format_message())
        return USAGE
    except click.ClickException as error:
        with _reader_may_be_gone():
            _show(error)
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        _complain("pmgit: interrupted")
        return INTERRUPTED
    except SystemExit:
        # click's own answer to a reader that goes away (`| head -1`) is 1, which means findings.
        if type(sys.stdout).__name__.endswith("PacifyFlushWrapper"):
            return FAILED
        raise
    except BrokenPipeError:
        _nobody_reads()
        return FAILED
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is not "findings"
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            where = f"{error.filename}: " if error.filename else "the output could not be written: "
            _complain(visible(f"pmgit: {where}{error.strerror}"), f"hint: {ROOM}")
            _nobody_reads()
            return FAILED
        _complain(*(visible(redact(line)) for line in lines_and_exit_code(error)[0]))
        return FAILED
    return code if isinstance(code, int) else 0


def _complain(*lines: str) -> None:
    """Print lines to stderr; where nobody reads them, the exit code stays what it is."""
    with _reader_may_be_gone():
        for line in lines:
            click.echo(line, err=True)


@contextmanager
def _reader_may_be_gone() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _nobody_reads()


def _nobody_reads() -> None:
    """Send to nowhere what is still in a buffer, and would fail once more when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
