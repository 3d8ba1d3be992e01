"""The face for people: the `pmgit` command.

Commands are imported when they are called, so that `pmgit --help` is fast. This is the one place
where errors become messages and exit codes.
"""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

import click

from pmgit import __version__
from pmgit.errors import FAILED, INTERRUPTED, USAGE, PmgitError, fault, nearest
from pmgit.report.text import visible

#: Every command with its module in `commands/`, in the order of `--help`.
COMMANDS = {
    "check": "check",
    "explain": "explain",
    "info": "info",
    "lfs-setup": "lfs_setup",
    "gitignore": "gitignore",
}


class Commands(click.Group):
    """The group of all commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pmgit.commands.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            best = nearest(name, list(COMMANDS))
            hint = f" Did you mean {best!r}?" if best else ""
            raise click.UsageError(f"No such command {visible(name)!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pmgit", message="%(prog)s %(version)s")
def main_group() -> None:
    """Keep pretrained weights out of Git's history and every model accounted for.

    把预训练权重挡在 Git 历史之外，并让每个模型都有据可查。
    """  # noqa: RUF002 - the punctuation of Chinese text is meant


def main() -> NoReturn:
    """Run a command; errors become a message, a hint and the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # In the C locale, or in a Windows pipe, Chinese help would end in a traceback.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = main_group.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except PmgitError as error:
        click.echo(f"pmgit: {visible(error.message)}", err=True)
        if error.hint:
            click.echo(f"hint: {visible(error.hint)}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("pmgit: interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is not "findings"
        for line in fault(error).split("\n"):
            click.echo(visible(line), err=True)
        sys.exit(FAILED)
