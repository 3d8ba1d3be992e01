"""pmgit's block in `.gitignore`: weights stay out of Git, INFO.md does not.

Ignored weights (`storage = "ignore"`): the smallest block that works at any depth. A `!` cannot
reach into an ignored folder, so folders are let in first. Weights in Git LFS: only caches and
partial downloads are ignored, and what the user's own broader lines hide is let in again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from pmgit.config import LFS
from pmgit.errors import PmgitError, UsageError
from pmgit.git.objects import encode
from pmgit.git.snapshot import TREE, Snapshot
from pmgit.lfs.patterns import literal
from pmgit.model import folder, storage
from pmgit.model.weights import ALWAYS_SUFFIXES, AMBIGUOUS_SUFFIXES
from pmgit.setup import block, files, models_folders
from pmgit.setup.shadow import Shadow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.config import Config
    from pmgit.git.repository import Repository

NAME = ".gitignore"
#: What `--keep-text` lets in: the small text that a model needs to be loaded and understood.
KEPT_TEXT = (
    "config.json", "*_config.json", "config_*.json", "model_index.json", "modules.json",
    "*.index.json", "tokenizer.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json",
    "README*", "LICENSE*", "LICENCE*", "NOTICE*",
)  # fmt: skip
#: Left behind by downloads: huggingface_hub, browsers, aria2.
CACHES = (
    ".cache/huggingface/", ".locks/", "*.incomplete", "*.crdownload", "*.aria2", "__pycache__/",
    ".DS_Store",
)  # fmt: skip

_PROBE = "pmgit-probe"
_PLACES = (_PROBE, f"{_PROBE}/{_PROBE}")
_SEEN = ("INFO.md", "pmgit.lock")


@dataclass
class Plan:
    """The file before (None: there is none) and after, for the models folders `roots`."""

    before: bytes | None
    after: bytes
    roots: list[str]
    storage: str
    keep_text: bool


def plan(repository: Repository, config: Config, keep_text: bool | None) -> Plan:
    """Work out the block and prove it, without changing anything.

    `keep_text` None means: as the block that is there has it. Raises PmgitError, with the file
    and line, when a rule of the user's defeats the block.
    """
    before = files.read(os.path.join(repository.top, NAME))
    text = before or b""
    old = block.read(text, NAME)
    if keep_text is None:
        keep_text = old is not None and any(_keeps_text(line) for line in old)
    snapshot = Snapshot(repository, TREE, [], [])
    tracked = snapshot.listing()
    roots = models_folders.existing(repository, config, tracked)
    for root in roots:
        if not root.isprintable() and ("\n" in root or "\r" in root):
            raise UsageError(f"no line of {NAME} can name {root!r}", "rename the models folder")
    below = models_folders.files_below(repository, roots, tracked)
    where = storage.of(config, storage.has_lfs_lines(snapshot))
    others = _other_files(repository, roots, below)
    if where == LFS:
        own = block.remove(text, NAME)
        lines = [line for root in roots for line in _for_lfs(repository, root, own, others)]
    else:
        lines = []
        for root in roots:
            these = for_ignored(root, keep_text=keep_text)
            if _is_shut(repository, root, block.replace(text, these, name=NAME), others):
                these.insert(0, f"!/{literal(root)}/")
            lines += these
    after = block.replace(text, lines, name=NAME)
    made = Plan(before, after, roots, where, keep_text)
    with Shadow(repository, {**others, NAME: after}) as shadow:
        _prove(shadow, made, below)
    return made


def apply(repository: Repository, made: Plan) -> None:
    """Write the file and ask Git again. Raises PmgitError when the answer is another."""
    if made.after != made.before:
        files.write_whole(os.path.join(repository.top, NAME), made.after)
    _prove(repository, made, [])


def for_ignored(root: str, *, keep_text: bool) -> list[str]:
    """The lines for one models folder whose weights are ignored."""
    top = "/" + literal(root)
    lines = [
        f"{top}/**",
        f"!{top}/**/",
        f"!{top}/README.md",
        f"!{top}/.gitkeep",
        f"!{top}/**/INFO.md",
        f"!{top}/**/pmgit.lock",
    ]
    if keep_text:
        lines += [f"!{top}/**/{name}" for name in KEPT_TEXT]
    return lines


def _keeps_text(line: str) -> bool:
    return line.startswith("!") and line.endswith("/**/" + KEPT_TEXT[0])


def _is_shut(repository: Repository, root: str, text: bytes, others: Mapping[str, bytes]) -> bool:
    """Whether a line of the user's shuts the models folder itself, so that no `!` reaches in."""
    probe = f"{root}/{_PROBE}/{_SEEN[0]}"
    with Shadow(repository, {**others, NAME: text}) as shadow:
        return not _decisions(shadow, [probe]).get(probe, ("", 0, "!"))[2].startswith("!")


def _for_lfs(
    repository: Repository, root: str, own: bytes, others: Mapping[str, bytes]
) -> list[str]:
    """The lines for one models folder whose weights are in Git LFS."""
    top = "/" + literal(root)
    caches = [f"{top}/**/{name}" for name in CACHES]
    suffixes = (*ALWAYS_SUFFIXES, *AMBIGUOUS_SUFFIXES)
    kinds = {f"x{suffix}": f"*{suffix}" for suffix in suffixes}
    kinds |= {name.replace("*", "x"): name for name in (*_SEEN, *KEPT_TEXT)}
    kinds["README.md"] = "README.md"
    anything = f"{root}/{_PROBE}/{_PROBE}"
    probes = [f"{root}/{place}/{name}" for place in _PLACES for name in kinds]
    probes.append(f"{root}/README.md")

    def hidden(lines: Sequence[str]) -> set[str]:
        text = block.replace(own, [*lines, *caches], name=NAME)
        with Shadow(repository, {**others, NAME: text}) as shadow:
            decided = _decisions(shadow, [anything, *probes])
        return {path for path, rule in decided.items() if not rule[2].startswith("!")}

    lines: list[str] = []
    left = hidden(lines)
    if left:
        lines = [f"!{top}/", f"!{top}/**/"]
        left = hidden(lines)
    if anything in left:
        return [f"!{top}/", f"!{top}/**", *caches]
    names = dict.fromkeys(path.rpartition("/")[2] for path in probes if path in left)
    return [*lines, *(f"!{top}/**/{kinds[name]}" for name in names), *caches]


def _other_files(
    repository: Repository, roots: Iterable[str], below: Iterable[str]
) -> dict[str, bytes]:
    """The .gitignore files, beside the one at the top, that speak about the models folders."""
    paths = {path for path in below if path.endswith("/" + NAME)}
    for root in roots:
        parts = root.split("/")
        paths.update("/".join([*parts[:at], NAME]) for at in range(1, len(parts) + 1))
    found = {}
    for path in sorted(paths):
        data = files.read(os.path.join(repository.top, path))
        if data is not None:
            found[path] = data
    return found


def _decisions(repository: Repository, paths: Sequence[str]) -> dict[str, tuple[str, int, str]]:
    """The rule that decides for each path: file, line, pattern; a `!` pattern lets in."""
    fields = (
        repository.start(
            "check-ignore",
            "--no-index",
            "-v",
            "-n",
            "-z",
            "--stdin",
            # It refuses --literal-pathspecs and reads `:(…)`; `./` makes every path a path.
            stdin=b"".join(b"./" + encode(path) + b"\0" for path in paths),
            literal=False,
        )
        .finish(1)
        .decode("utf-8", "surrogateescape")
        .split("\0")
    )
    found = {}
    for at in range(0, len(fields) - 3, 4):
        source, line, pattern, path = fields[at : at + 4]
        if pattern:
            found[path[2:]] = (source, int(line), pattern)
    return found


def _prove(repository: Repository, made: Plan, below: Iterable[str]) -> None:
    """Raise PmgitError, with the file and line, for a path that is not as it should be."""
    below = list(below)
    hidden, seen = [], []
    for root in made.roots:
        models = folder.find([path for path in below if path.startswith(f"{root}/")], root)
        places = [*(f"{root}/{place}" for place in _PLACES), *models]
        weights = [f"{place}/{_PROBE}{s}" for place in places for s in (".safetensors", ".bin")]
        seen += [f"{place}/{name}" for place in places for name in _SEEN]
        seen += [f"{root}/README.md"]
        if made.storage == LFS:
            seen += weights
            continue
        hidden += [f"{root}/{_PROBE}.safetensors", *weights]
        seen += [f"{root}/.gitkeep"]
        if made.keep_text:
            names = [name.replace("*", "x") for name in KEPT_TEXT]
            seen += [f"{place}/{name}" for place in places for name in names]
    decided = _decisions(repository, [*hidden, *seen])
    for path in seen:
        source, line, pattern = decided.get(path, ("", 0, "!"))
        if not pattern.startswith("!"):
            raise _defeated(source, line, pattern, f"hides {path} from Git")
    for path in hidden:
        source, line, pattern = decided.get(path, (NAME, 0, "!"))
        if pattern.startswith("!"):
            raise _defeated(source, line, pattern, f"lets {path} into Git")


def _defeated(source: str, line: int, pattern: str, what: str) -> PmgitError:
    return PmgitError(
        f"{source}:{line} ({pattern}) {what}",
        f"remove or change line {line} of {source}, then run it again",
    )
