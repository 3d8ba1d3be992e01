"""Tables: as wide as they have to be in a file or a pipe, fitted to the terminal on one.

rich draws them on terminals and where colour is wanted. It is imported there only, and gets no
markup: a model may be called `[red]`.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TYPE_CHECKING

import click

from pmgit.commands import _terminal
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from rich.console import Console

#: Between two columns.
_GAP = "  "
GOOD, CARE, BAD = "green", "yellow", "red"


def show_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], styles: Mapping[str, str] | None = None
) -> None:
    """Print rows of cells below their headings; without any with colons between the cells.

    `styles` are GOOD, CARE or BAD by the words of cells. Where the terminal is too narrow for the
    table, each row becomes lines: its first cell, then the others, each with its heading.
    """
    shown = [[visible(cell) for cell in row] for row in rows]
    on_terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if on_terminal or _terminal.has_colour():
        _draw(headings, shown, styles or {})
        return
    if not headings:
        for row in shown:
            click.echo(": ".join(row))
        return
    table = [list(headings), *shown]
    widths = [max(_width(row[at]) for row in table) for at in range(len(headings))]
    for row in table:
        cells = [c + " " * (width - _width(c)) for c, width in zip(row, widths, strict=True)]
        click.echo(_GAP.join(cells).rstrip())


def _width(text: str) -> int:
    """The columns that a text takes: Chinese, Japanese and Korean characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def _draw(headings: Sequence[str], rows: list[list[str]], styles: Mapping[str, str]) -> None:
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    out = console(sys.stdout, _terminal.has_colour())
    table = Table(
        box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="bold",
        show_header=bool(headings),
    )  # fmt: skip
    for heading in headings or rows[0]:
        table.add_column(Text(heading), no_wrap=True)
    drawn = [[Text(cell, styles.get(cell, "")) for cell in row] for row in rows]
    for row in drawn:
        table.add_row(*row)
    columns = zip(*([headings] if headings else []), *rows, strict=True)
    widths = [max(map(cell_len, column)) for column in columns]
    needed = sum(widths) + len(_GAP) * (len(widths) - 1)
    if not sys.stdout.isatty():  # colour in a file: nothing to fit into
        out.width = max(needed, out.width)
    if needed <= out.width:
        out.print(table)
        return
    for row in drawn:
        if not headings:
            out.print(Text(": ").join(row), overflow="fold")
            continue
        out.print(Text(row[0].plain, "bold"), overflow="fold")
        for heading, cell in zip(headings[1:], row[1:], strict=True):
            out.print(Text(f"{_GAP}{heading}: ") + cell, overflow="fold")


def console(stream: TextIO, has_colour: bool) -> Console:
    """rich's console for a stream: no markup, no emoji, no colours of its own choice."""
    from rich.console import Console

    return Console(
        file=stream,
        markup=False,
        emoji=False,
        highlight=False,
        force_terminal=has_colour or None,
        color_system="standard" if has_colour else None,
        legacy_windows=False,
    )
