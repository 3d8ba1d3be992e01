"""`pmgit env`: the variables that put the caches of Hugging Face into one folder."""

from __future__ import annotations

import os
import sys

import click

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
        click.echo(
            "note: huggingface_hub replaces $NAME in these paths by the variable of that name",
            err=True,
        )
    values = {"HF_HOME": folder}
    values |= {name: os.path.join(folder, below) for name, below in _BELOW.items()}
    for name, value in values.items():
        line = export(shell or _own_shell(), name, value)
        click.echo(line.encode("utf-8", "surrogateescape"))
    dead = " (it is set now)" if "TRANSFORMERS_CACHE" in os.environ else ""
    click.echo(
        f"note: TRANSFORMERS_CACHE{dead} is not read any more: models go to HF_HUB_CACHE;"
        " HUGGINGFACE_HUB_CACHE is the old name of HF_HUB_CACHE, which wins",
        err=True,
    )


def export(shell: str, name: str, value: str) -> str:
    """The line that sets a variable for the programs that a shell starts."""
    if shell == "fish":
        return f"set -gx {name} {_fish(value)}"
    if shell == "powershell":
        return f"$env:{name} = {_powershell(value)}"
    return f"export {name}={quote(value)}"


def _own_shell() -> str:
    name = os.path.basename(os.environ.get("SHELL", ""))
    if name in SHELLS:
        return name
    return "powershell" if sys.platform == "win32" and not name else "bash"


def _fish(text: str) -> str:
    """One word for fish: in single quotes only the quote and the backslash are special."""
    if text.isprintable():
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    out = []
    for char in text:
        if char.isprintable():
            out.append(_fish(char))
        else:  # a byte, outside of quotes
            out += [f"\\X{byte:02x}" for byte in char.encode("utf-8", "surrogateescape")]
    return "".join(out)


def _powershell(text: str) -> str:
    """One expression for PowerShell: in single quotes only quotes are special, and are doubled."""
    if text.isprintable():
        return "'" + "".join(char * 2 if char in _QUOTES else char for char in text) + "'"
    if any("\udc80" <= char <= "\udcff" for char in text):
        raise UsageError("this folder's name is not UTF-8", "PowerShell cannot name it")
    parts = []
    for char in text:
        if char.isprintable():
            parts.append(_powershell(char))
        else:
            raw = char.encode("utf-16-le")
            units = [int.from_bytes(raw[at : at + 2], "little") for at in range(0, len(raw), 2)]
            parts += [f"[char]{unit}" for unit in units]
    # The first must be text: [char] + [char] is a number.
    return "('' + " + " + ".join(parts) + ")"
