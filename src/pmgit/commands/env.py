"""`pmgit env`: the variables that put the caches of Hugging Face into one folder."""

from __future__ import annotations

import os
import sys

import click

from pmgit.commands._terminal import note
from pmgit.core.errors import UsageError
from pmgit.core.shell import quote
from pmgit.hub import places

SHELLS = ("bash", "zsh", "fish", "powershell")
#: Folders below the home, by the variable that huggingface_hub or datasets reads today.
_BELOW = {"HF_HUB_CACHE": "hub", "HF_DATASETS_CACHE": "datasets"}
#: What PowerShell takes for a single quote.
_QUOTES = "'\u2018\u2019\u201a\u201b"


@click.command("env")
@click.option(
    "--shell",
    type=click.Choice(SHELLS),
    help="Whose syntax; your own shell's ($SHELL) when not given.",
)
@click.option(
    "--home",
    metavar="DIR",
    type=click.Path(),
    help="The folder for all caches; HF_HOME, or the default of this system, when not given.",
)
def command(shell: str | None, home: str | None) -> None:
    """Print the variables that put all caches of Hugging Face into one folder.

    They must be set before Python starts: put the lines into your shell's start file, or, for one
    session: eval "$(pmgit env)". In fish: pmgit env | source. In PowerShell:
    pmgit env --shell powershell | Out-String | Invoke-Expression.

    Nothing is written and no folder is made.
    """
    if home == "":
        raise UsageError("--home needs a folder", "see: pmgit env --help")
    folder = os.path.expanduser(home) if home else places.places(os.environ).home
    folder = os.path.abspath(folder)
    if "$" in folder or "%" in folder:
        note("huggingface_hub replaces $NAME in these paths by the variable of that name")
    values = {"HF_HOME": folder}
    values |= {name: os.path.join(folder, below) for name, below in _BELOW.items()}
    for name, value in values.items():
        line = export(shell or _own_shell(), name, value)
        click.echo(line.encode("utf-8", "surrogateescape"))
    dead = " (it is set now)" if "TRANSFORMERS_CACHE" in os.environ else ""
    note(
        f"TRANSFORMERS_CACHE{dead} is not read any more: models go to HF_HUB_CACHE;"
        " HUGGINGFACE_HUB_CACHE is the old name of HF_HUB_CACHE, which wins"
    )


def export(shell: str, name: str, value: str) -> str:
    """The line that sets a variable for the programs that a shell starts.

    Raises UsageError for what fish and PowerShell cannot have in quotes on one line.
    """
    if shell not in ("fish", "powershell"):
        return f"export {name}={quote(value)}"
    if not value.isprintable():
        raise UsageError(
            f"this folder's name holds what no line of {shell} can", "choose another: --home DIR"
        )
    if shell == "fish":
        # In single quotes only the quote and the backslash are special.
        value = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{value}'"
    # In single quotes only quotes are special, and are doubled.
    value = "".join(char * 2 if char in _QUOTES else char for char in value)
    return f"$env:{name} = '{value}'"


def _own_shell() -> str:
    name = os.path.basename(os.environ.get("SHELL", ""))
    if name in SHELLS:
        return name
    return "powershell" if sys.platform == "win32" and not name else "bash"
