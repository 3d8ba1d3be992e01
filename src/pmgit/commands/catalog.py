"""`pmgit catalog`: common models, by the names that `pmgit add` takes."""

from __future__ import annotations

import click

from pmgit.commands._options import format_option
from pmgit.commands._tables import show_table
from pmgit.commands._terminal import show_json
from pmgit.models import catalog


@click.command("catalog")
@format_option
def command(form: str) -> None:
    """List common models: the name to type after `pmgit add`, its source, what it is for."""
    found = catalog.entries()
    if form == "json":
        rows = [{"name": e.name, "title": e.title, "source": e.source, "use": e.use} for e in found]
        show_json(rows)
        return
    show_table(("name", "source", "use"), [(e.name, e.source, e.use) for e in found])
