"""The commands to paste for a symptom, with the names that its text has, quoted."""

from __future__ import annotations

from dataclasses import dataclass

from pmgit.core.errors import PmgitError
from pmgit.core.finding import Step
from pmgit.core.shell import Shell, own_command, quote
from pmgit.fix.spill import shell_for
from pmgit.git.repository import Repository, discover
from pmgit.git.revisions import id_of
from pmgit.lfs import missing, patterns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.symptoms.data import Symptom, Way
    from pmgit.symptoms.match import Match

#: What Git LFS reads as a pattern in --include, writes wrongly into .gitattributes, or both
#: (git-lfs 3.3 turns each `\` of a pattern into `/`).
_NOT_INCLUDED = frozenset('*?[]\\,"')
#: Stands for what the text does not name.
_FILE, _OID = "FILE", "OID"


@dataclass(frozen=True)
class PastePlace:
    """The place for pasting: the shell, the remote, whether the branch has an upstream."""

    shell: Shell
    remote: str = "origin"
    upstream: bool = True
    #: The command that installs git-lfs; '' when none is known for this system.
    install: str = "sudo apt-get install git-lfs"


def here() -> PastePlace:
    """The repository that the current folder lies in; any, when in none."""
    install = missing.install_command()
    try:
        repository = discover()
    except PmgitError:
        return PastePlace(Shell("", own_command()), install=install)
    upstream = bool(id_of(repository, "@{upstream}"))
    return PastePlace(shell_for(repository), _remote(repository), upstream, install)


def _remote(repository: Repository) -> str:
    names = repository.run("remote").decode("utf-8", "surrogateescape").split("\n")[:-1]
    return names[0] if len(names) == 1 else "origin"


def command(template: str, match: Match, place: PastePlace) -> str:
    """A command of the data with its placeholders filled; '' when that cannot be done safely."""
    files = tuple(name for name, _ in match.files) or (_FILE,)
    paths = match.paths or files
    words = {
        "files": place.shell.argv(Step("git", items=files))[1:],
        "paths": place.shell.argv(Step("git", items=paths, names="verbatim"))[2:],
        "patterns": place.shell.argv(
            Step("git", items=tuple(map(_pattern, files)), option="--pattern", names="verbatim")
        )[1:],
        "oids": [word for oid in match.oids or (_OID,) for word in ("-e", oid)],
        "remote": [place.remote],
        "range": ["--range", "@{upstream}..HEAD"] if place.upstream else ["--all"],
        "pmgit": place.shell.argv(Step("pmgit")),
    }
    if "{install}" in template:
        if not place.install:
            return ""
        words["install"] = place.install.split()
    if "{include}" in template:
        include = _include(files)
        if not include:
            return ""
        words["include"] = [include]
    for name in words:
        template = template.replace("{" + name + "}", "\0" + name + "\0")
    # Names come last, and in one pass: one that reads `{files}` is no placeholder.
    parts = template.split("\0")
    parts[1::2] = [" ".join(map(quote, words[name])) for name in parts[1::2]]
    return "".join(parts)


def _pattern(path: str) -> str:
    return path if path == _FILE else patterns.exact(path)


def _include(files: tuple[str, ...]) -> str:
    """The files for --include of Git LFS; '' when one of them cannot be written there."""
    if files == (_FILE,):
        return _FILE
    if any(not name.isprintable() or not _NOT_INCLUDED.isdisjoint(name) for name in files):
        return ""
    return ",".join(f"/{name}" for name in files)


def ways(symptom: Symptom, match: Match, place: PastePlace) -> list[tuple[Way, str]]:
    """The ways out that can be gone here, each with its command."""
    found = []
    for way in symptom.fix:
        if way.needs == "upstream" and not place.upstream:
            continue
        line = command(way.run, match, place)
        if line:
            found.append((way, line))
    return found
