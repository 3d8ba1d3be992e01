"""`pmgit explain`: the manual page of a rule, or what an error text means."""

from __future__ import annotations

import inspect
import sys
import textwrap

import click

from pmgit import rules
from pmgit.commands._options import rule_names
from pmgit.commands._terminal import named
from pmgit.core.errors import UsageError, cut, nearest, unknown
from pmgit.core.option import NAMES
from pmgit.core.shell import quote
from pmgit.report.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.symptoms.answer import PastePlace
    from pmgit.symptoms.match import Match

#: So many files of an error text are listed; the commands name all of them.
SHOWN = 10


# What is pasted may begin with a dash.
@click.command("explain", context_settings={"ignore_unknown_options": True})
@click.argument("names", nargs=-1, metavar="[RULE|TEXT]...", shell_complete=rule_names)
def command(names: tuple[str, ...]) -> None:
    """Say what a rule reports, or what an error text means, and what to do.

    Without RULE, list all rules. A family stands for its rules.

    TEXT is what GitHub, GitLab, Hugging Face, Git LFS, Python or pmgit's hooks have printed, such
    as "GH001" or the whole output of a push; - reads it from standard input:

        git push 2>&1 | pmgit explain -
    """
    if not names:
        width = max(map(len, rules.RULES))
        for name, entry in rules.RULES.items():
            summary = inspect.cleandoc(rules.load(name).__doc__ or "").splitlines()[0]
            click.echo(f"{entry.family:8} {name:{width}}  {summary}")
        return
    known = [*rules.RULES, *rules.FAMILIES]
    strange = [name for name in names if name not in known]
    if strange:
        _explain_text(_read() if names == ("-",) else " ".join(names), strange[0], known)
        return
    wanted: list[str] = []
    for name in names:
        wanted += [rule for rule, entry in rules.RULES.items() if name in (rule, entry.family)]
    click.echo(named("\n\n".join(_page(name) for name in dict.fromkeys(wanted))))


def _read() -> str:
    """The end of standard input, where errors stand."""
    from pmgit.symptoms.match import MOST

    data = sys.stdin.buffer.read() if sys.stdin else b""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):  # what PowerShell writes
            whole = data[2 : len(data) & ~1]
            return whole[-4 * MOST :].decode(encoding, "replace")
    return data[-4 * MOST :].decode("utf-8-sig", "surrogateescape")


def _explain_text(text: str, name: str, known: list[str]) -> None:
    """The page of every error in a text; UsageError when there is none."""
    from pmgit.symptoms import answer, match, own_findings

    found = match.find(text)
    if own := own_findings.find(text, rules.RULES):
        found = [hit for hit in found if not hit.symptom.general]
    if not found and not own:
        if name != "-" and len(name.split()) == 1:
            raise unknown("rule or family", name, known)
        if not text.strip():
            raise UsageError("nothing to explain on standard input", "see: pmgit explain --help")
        best = nearest(text.split("\n", maxsplit=1)[0], known)
        hint = f"the nearest rule is {best!r}; " if best else ""
        raise UsageError(
            f"no known error in {cut(' '.join(text.split()))!r}",
            f"{hint}paste all that was printed: pmgit explain -; all rules: pmgit explain",
        )
    place = answer.here()
    pages = [_own(own, place)] if own else []
    pages += [_symptom(hit, place) for hit in found]
    click.echo("\n\n\n".join(pages).encode("utf-8", "backslashreplace"))


def _own(found: dict[str, list[str]], place: PastePlace) -> str:
    """The pages of the rules that pmgit has refused something by, and where their fixes are."""
    lines = ["These are findings of pmgit"]
    for name, paths in found.items():
        lines += [f"  {_harmless(path)}: {name}" for path in paths[:SHOWN]]
        if len(paths) > SHOWN:
            lines.append(f"  … and {len(paths) - SHOWN} more of {name}")
    committed = f"--range {quote('@{upstream}..HEAD')}" if place.upstream else "--all"
    for case, words in (
        ("what is staged, with the commands that mend it", "check"),
        ("what is committed", f"check {committed}"),
        ("to have the mending done", "fix"),
    ):
        lines += ["", f"{case}:", f"  {place.shell.called(f'pmgit {words}')}"]
    return "\n\n".join(["\n".join(lines), *(named(_page(name)) for name in found)])


def _symptom(hit: Match, place: PastePlace) -> str:
    from pmgit.symptoms import answer

    symptom = hit.symptom
    lines = [symptom.title]
    named = [f"{name} ({size})" if size else name for name, size in hit.files]
    named += [*hit.paths, *hit.oids]
    lines += [f"  {_harmless(name)}" for name in named[:SHOWN]]
    if len(named) > SHOWN:
        lines.append(f"  … and {len(named) - SHOWN} more")
    lines += ["", *textwrap.wrap(place.shell.called(symptom.cause), 96)]
    look = answer.command(symptom.find, hit, place) if symptom.find else ""
    if look:
        lines += ["", "see more:", f"  {place.shell.called(look)}"]
    ways = answer.ways(symptom, hit, place)
    if len(ways) > 1:
        lines += ["", "Ways out, each below the case that it is for:"]
    for way, line in ways:
        lines += ["", f"{place.shell.called(way.when)}:", f"  {line}"]
    lines.append("")
    if symptom.rules:
        lines.append(place.shell.called(f"Rules: pmgit explain {' '.join(symptom.rules)}"))
    lines.append(f"Source: {symptom.source}")
    return "\n".join(lines)


def _harmless(name: str) -> str:
    """A name that neither a terminal nor a CI system takes for a command."""
    return f"./{visible(name)}" if name.lstrip().startswith((":", "#")) else visible(name)


def _page(name: str) -> str:
    rule = rules.load(name)
    page = inspect.cleandoc(rule.__doc__ or "").replace("\n## ", "\n")
    lines = [f"{name} ({rule.family}, {rule.severity})", "", page]
    if rule.options:
        lines += ["", "Options", ""]
        for option in rule.options:
            lines.append(f"{name}.{option.name}: {option.help}")
            if option.choices:
                which = "any" if option.type == NAMES else "one"
                lines.append(f"  {which} of: {', '.join(option.choices)}")
            lines.append(f"  default: {option.shown}")
    return "\n".join(lines)
