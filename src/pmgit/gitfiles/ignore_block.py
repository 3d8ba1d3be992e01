"""pmgit's block in `.gitignore`: weights stay out of Git, INFO.md does not.

Ignored weights (`storage = "ignore"`): the smallest block that works at any depth. A `!` cannot
reach into an ignored folder, so folders are let in first. Weights in Git LFS: only caches and
partial downloads are ignored, and what the user's own broader lines hide is let in again. In both
cases repositories of their own are hidden (`ignore_foreign`). Git proves it before anything is
written: it is asked about paths that stand for all others.

The block stands at the end of the `.gitignore` at the top, or (nested) in one of each models
folder: that is stronger than any line at the top, unless the line shuts the folder itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from pmgit.core.config import BASELINE, FILE, LFS
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git import work_tree
from pmgit.git.attributes import ignore_rules, ignored
from pmgit.git.names import ATTRIBUTES, PROBE
from pmgit.git.names import IGNORES as NAME
from pmgit.gitfiles import block, ignore_foreign, models_folders, user_files
from pmgit.gitfiles.ignore_foreign import SEEN, IgnoreContext
from pmgit.gitfiles.what_if import shadow_of
from pmgit.lfs.patterns import literal
from pmgit.model import caches, folder, storage
from pmgit.model.weights import ALWAYS_SUFFIXES, AMBIGUOUS_SUFFIXES, KEPT_TEXT
from pmgit.report.text import visible
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.core.config import Config
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: Left behind by downloads: huggingface_hub (its local folder, with `*.metadata` and `*.lock`, was
#: `.huggingface` in 0.23), browsers, aria2. The entries of the Hub's cache are hidden whole, but
#: for INFO.md at their top; beside them HF_HOME has tokens, which are secrets. The last is of
#: ModelScope.
_CACHES = (
    ".cache/huggingface/", ".huggingface/", ".locks/", "*.incomplete", "*.crdownload", "*.aria2",
    "__pycache__/", ".DS_Store", "models--*/*/", "datasets--*/*/", "spaces--*/*/", "xet/*/",
    "token", "stored_tokens", "._____temp/",
)  # fmt: skip

_PLACES = (PROBE, f"{PROBE}/{PROBE}")
_LEFTOVERS = (
    ".cache/huggingface/download/README.md.metadata", ".cache/huggingface/download/LICENSE.lock",
    "x.safetensors.incomplete", "README.md.incomplete",
)  # fmt: skip
_ENTRY = "models--pmgit--probe"
#: What pmgit writes at the top.
_OWN_FILES = (FILE, BASELINE, NAME, ATTRIBUTES, ".pre-commit-config.yaml")


@dataclass
class IgnorePlan:
    """The file before (None: there is none) and after, for the models folders `roots`.

    `folders` are the files of the models folders that change, in the same way; None after: it
    held nothing but the block, and goes. `code` are paths that stand for source code which is let
    in, `clones` the repositories of their own, which are hidden.
    """

    before: bytes | None
    after: bytes
    roots: list[str]
    storage: str
    keep_text: bool
    tracked: Mapping[str, Blob]
    nested: bool = False
    folders: dict[str, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    code: list[str] = field(default_factory=list)
    clones: list[str] = field(default_factory=list)

    @property
    def changes(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """Every file that changes: before and after."""
        top = {} if (self.before or b"") == self.after else {NAME: (self.before, self.after)}
        return {**top, **self.folders}

    @property
    def proved(self) -> list[str]:
        """What is proved of each models folder, in words."""
        words = "weights and INFO.md below {}/ can be added to Git"
        if self.storage != LFS:
            words = "weights below {}/ are hidden from Git;"
            words += " INFO.md, pmgit.lock and README.md are not"
        return [words.format(visible(root)) for root in self.roots]


def plan(
    repository: Repository,
    config: Config,
    keep_text: bool | None,
    nested: bool | None = None,
    roots: Sequence[str] = (),
    *,
    snapshot: Snapshot | None = None,
) -> IgnorePlan:
    """Work out the block and prove it, without changing anything.

    None means: as the block that is there has it. `roots` are the models folders; none: those
    of the configuration that exist. `snapshot` is the index, where it is known already. Raises
    PmgitError, with the file and line, when a rule of the user's defeats the block.
    """
    snapshot = snapshot or Snapshot(repository, TREE, [], [])
    tracked = snapshot.listing()
    before = _read(repository, tracked, NAME)
    asked = list(roots) or models_folders.existing(repository, config, tracked)
    roots, shut = ignore_foreign.split(repository, asked, tracked, strict=bool(roots))
    for root in roots:
        if not root.isprintable() and ("\n" in root or "\r" in root):
            raise UsageError(f"no line of {NAME} can name {root!r}", "rename the models folder")
    inside = {f"{root}/{NAME}": _read_inside(repository, tracked, root) for root in roots}
    blocks = {path: block.read(text or b"", path) for path, text in inside.items()}
    if nested is None:
        nested = any(found is not None for found in blocks.values())
    if keep_text is None:
        old = [block.read(before or b"", NAME), *blocks.values()]
        end = f"/**/{KEPT_TEXT[0]}"
        known = [line for lines in old for line in lines or ()]
        keep_text = any(line.startswith("!") and line.endswith(end) for line in known)
    below = models_folders.files_below(repository, roots, tracked)
    where = storage.of(config, snapshot)
    made = IgnorePlan(before, before or b"", roots, where, keep_text, tracked, nested)
    own = {path: block.remove(text or b"", path) for path, text in inside.items()}
    here = {path: text for path, text in own.items() if inside[path] is not None}
    others = _other_files(repository, tracked, roots, below)
    bare = {**others, **here, NAME: block.remove(made.after, NAME)}
    context = IgnoreContext(repository, tracked, below, bare)
    context = replace(context, hidden=_hidden(context, made, _OWN_FILES if config.source else ()))
    made.clones = [*shut, *ignore_foreign.clones_in(context)]
    if nested and roots:
        made.after = bare[NAME]
        others[NAME] = made.after
        for root in roots:
            path = f"{root}/{NAME}"
            lines = _lines(context, root, made, path)
            made.folders[path] = (inside[path], block.replace(inside[path] or b"", lines))
    else:
        others.update(here)
        lines = [line for root in roots for line in _lines(context, root, made, NAME)]
        lines += [f"/{literal(root)}/" for root in shut]
        lines += _own_files(context)
        made.after = block.replace(made.after, lines, name=NAME)
        for path, found in blocks.items():
            if found is not None:
                made.folders[path] = (inside[path], own[path] or None)
    made.folders = {path: (old, new) for path, (old, new) in made.folders.items() if old != new}
    after = {path: new or b"" for path, (_, new) in made.folders.items()}
    with shadow_of(repository, {**others, NAME: made.after, **after}) as shadow:
        _prove(shadow, made, below)
    return made


def is_current(repository: Repository, made: IgnorePlan) -> bool:
    """Whether the files that the plan changes are still as they were when it was made."""
    return all(
        _read(repository, made.tracked, path) == before
        for path, (before, _) in made.changes.items()
    )


def prove(repository: Repository, made: IgnorePlan) -> list[str]:
    """The files that are not as the plan has them; where all are, Git is asked as by `apply`."""
    wanted = {NAME: made.after, **{path: new for path, (_, new) in made.folders.items()}}
    other = [
        path
        for path, new in wanted.items()
        if (_read(repository, made.tracked, path) or b"") != (new or b"")
    ]
    if not other:
        _prove(repository, made, [])
    return other


def apply(repository: Repository, made: IgnorePlan) -> None:
    """Write the files and ask Git again. Raises PmgitError when the answer is another."""
    for path, (_, new) in made.changes.items():
        file = os.path.join(repository.top, *path.split("/"))
        if new is None:
            os.unlink(file)
            continue
        if path != NAME:
            os.makedirs(os.path.dirname(file), exist_ok=True)
        user_files.write_whole(file, new)
        work_tree.clear_skip_mark(repository, path)
    _prove(repository, made, [])


def _hidden(
    context: IgnoreContext, made: IgnorePlan, files: Iterable[str]
) -> dict[str, tuple[str, int, str]]:
    """What the plan needs to know of, if the ignore files without the block hide it: as `ignored`.

    One question for all models folders, and these `files` at the top.
    """
    asked = [*files, *(path for root in made.roots for path in _asked(context, made, root))]
    with shadow_of(context.repository, context.bare) as shadow:
        return ignored(shadow, asked)


def _asked(context: IgnoreContext, made: IgnorePlan, root: str) -> list[str]:
    if made.storage == LFS:
        return _lfs_probes(root)
    return [_inner(root), *ignore_foreign.code_asked(context, root)]


def _read(repository: Repository, tracked: Mapping[str, Blob], path: str) -> bytes | None:
    """A file of the work tree, also when a sparse checkout leaves it out; None for none."""
    text = user_files.read(os.path.join(repository.top, *path.split("/")))
    return work_tree.left_out(repository, tracked, path) if text is None else text


def _read_inside(repository: Repository, tracked: Mapping[str, Blob], root: str) -> bytes | None:
    """The `.gitignore` of a models folder; a folder that is a link is none of ours."""
    folder = os.path.join(repository.top, *root.split("/"))
    return None if os.path.islink(folder) else _read(repository, tracked, f"{root}/{NAME}")


def _lines(context: IgnoreContext, root: str, made: IgnorePlan, path: str) -> list[str]:
    """The lines for one models folder, in the file `path`."""
    repository = context.repository
    top = "" if made.nested else "/" + literal(root)
    if made.nested and os.path.islink(os.path.join(repository.top, *root.split("/"))):
        raise PmgitError(
            f"{root} is a link, and Git reads no {NAME} beyond it", "pmgit gitignore --no-nested"
        )
    old = block.read(_read(repository, context.tracked, path) or b"", path)
    clones = ignore_foreign.clone_lines(context, root, top, old or [])
    if made.storage == LFS:
        return [*_for_lfs(context, root, top, path), *clones]
    code = ignore_foreign.code_lines(context, root, top)
    made.code += ignore_foreign.let_in(code, root)
    lines = lines_for_ignored(root, keep_text=made.keep_text, nested=made.nested, code=code)
    if not made.nested and _inner(root) in context.hidden:
        text = block.replace(context.bare[path], lines)
        if _is_shut(repository, root, {**context.bare, path: text}):
            lines.insert(0, f"!{top}/")
    return [*lines, *clones]


def lines_for_ignored(
    root: str, *, keep_text: bool, nested: bool = False, code: Sequence[str] = ()
) -> list[str]:
    """The lines for one models folder whose weights are ignored; `nested`: in its own file.

    `code` are those for source code.
    """
    top = "" if nested else "/" + literal(root)
    lines = [
        f"{top}/**",
        f"!{top}/**/",
        f"!{top}/README.md",
        f"!{top}/.gitkeep",
        f"!{top}/**/INFO.md",
        f"!{top}/**/pmgit.lock",
    ]
    if nested:
        lines.append(f"!/{NAME}")
    lines += code
    if keep_text:
        lines += [f"!{top}/**/{name}" for name in KEPT_TEXT]
        # `README*` would let `README.md.incomplete` in.
        lines += [f"{top}/**/{name}" for name in _CACHES]
    return lines


def _is_shut(repository: Repository, root: str, around: Mapping[str, bytes]) -> bool:
    """Whether a line of the user's shuts the models folder itself, so that no `!` reaches in."""
    with shadow_of(repository, around) as shadow:
        return _inner(root) in ignored(shadow, [_inner(root)])


def _inner(root: str) -> str:
    """What is hidden in every models folder that is shut."""
    return f"{root}/{PROBE}/{SEEN[0]}"


def _for_lfs(context: IgnoreContext, root: str, top: str, path: str) -> list[str]:
    """The lines for one models folder whose weights are in Git LFS, each after `top`."""
    caches = [f"{top}/**/{name}" for name in _CACHES]
    probes = _lfs_probes(root)
    if context.hidden.keys().isdisjoint(probes):
        return caches
    opened = [f"!{top}/"] if top else []
    lines = [*opened, f"!{top}/**/"]
    text = block.replace(context.bare.get(path, b""), [*lines, *caches], name=path)
    with shadow_of(context.repository, {**context.bare, path: text}) as shadow:
        left = set(ignored(shadow, probes))
    if probes[0] in left:
        return [*opened, f"!{top}/**", *caches]
    kinds = _lfs_kinds()
    names = dict.fromkeys(path.rpartition("/")[2] for path in probes if path in left)
    return [*lines, *(f"!{top}/**/{kinds[name]}" for name in names), *caches]


def _lfs_kinds() -> dict[str, str]:
    """Names of what Git has of models whose weights are in Git LFS, each with its pattern."""
    suffixes = (*ALWAYS_SUFFIXES, *AMBIGUOUS_SUFFIXES)
    kinds = {f"x{suffix}": f"*{suffix}" for suffix in suffixes}
    for any_text in ("x", ""):
        kinds |= {name.replace("*", any_text): name for name in (*SEEN, *KEPT_TEXT)}
    kinds["README.md"] = "README.md"
    return kinds


def _lfs_probes(root: str) -> list[str]:
    """Paths that stand for all that Git has of models in Git LFS, first for what has any name."""
    probes = [f"{root}/{place}/{name}" for place in _PLACES for name in _lfs_kinds()]
    return [f"{root}/{PROBE}/{PROBE}", *probes, f"{root}/README.md"]


def _other_files(
    repository: Repository,
    tracked: Mapping[str, Blob],
    roots: Iterable[str],
    below: Iterable[str],
) -> dict[str, bytes]:
    """The .gitignore files, beside the one at the top, that speak about the models folders."""
    paths = {path for path in below if path.endswith("/" + NAME)}
    for root in roots:
        parts = root.split("/")
        paths.update("/".join([*parts[:at], NAME]) for at in range(1, len(parts) + 1))
    found = {}
    for path in sorted(paths):
        data = _read(repository, tracked, path)
        if data is not None:
            found[path] = data
    return found


def _own_files(context: IgnoreContext) -> list[str]:
    """The lines that let in those files of pmgit which the `.gitignore` at the top hides.

    A pattern that is the very name of the file hides it on purpose, and what a person's own rules
    hide is not for others to let in.
    """
    found = {name: context.hidden[name] for name in _OWN_FILES if name in context.hidden}
    return [
        f"!/{name}"
        for name, (source, _, pattern) in found.items()
        if source == NAME and pattern.strip("/") != name
    ]


def _prove(repository: Repository, made: IgnorePlan, below: Iterable[str]) -> None:
    """Raise PmgitError, with the file and line, for a path that is not as it should be."""
    below = list(below)
    hidden = [f"{clone}/{PROBE}" for clone in made.clones if "\n" not in clone]
    seen: list[str] = []
    for root in made.roots:
        if _is_beyond_link(repository, root):
            continue  # Git answers nothing about files behind a link
        mine = [path for path in below if path.startswith(f"{root}/")]
        models = [m for m in folder.find(mine, root) if not caches.is_closed(f"{m}/")]
        places = [*(f"{root}/{place}" for place in _PLACES), *models]
        weights = [f"{place}/{PROBE}{s}" for place in places for s in (".safetensors", ".bin")]
        seen += [f"{place}/{name}" for place in places for name in SEEN]
        seen += [f"{root}/README.md"]
        hidden += [f"{place}/{name}" for place in (root, *places) for name in _LEFTOVERS]
        hidden.append(f"{root}/{_ENTRY}/snapshots/{PROBE}/{PROBE}.py")
        seen.append(f"{root}/{_ENTRY}/{SEEN[0]}")
        seen += [path for path in made.code if path.startswith(f"{root}/")]
        if made.nested:
            seen += [f"{root}/{NAME}"]
        if made.storage == LFS:
            seen += weights
            continue
        hidden += [f"{root}/{PROBE}.safetensors", *weights]
        seen += [f"{root}/.gitkeep"]
        if made.keep_text:
            names = [name.replace("*", "x") for name in KEPT_TEXT]
            seen += [f"{place}/{name}" for place in places for name in names]
    decided = ignore_rules(repository, [*hidden, *seen])
    for path in seen:
        source, line, pattern = decided.get(path, ("", 0, "!"))
        if not pattern.startswith("!"):
            raise _defeated(source, line, pattern, f"hides {path} from Git")
    for path in hidden:
        source, line, pattern = decided.get(path, (NAME, 0, "!"))
        if pattern.startswith("!"):
            raise _defeated(source, line, pattern, f"lets {path} into Git")


def _is_beyond_link(repository: Repository, root: str) -> bool:
    top = os.path.realpath(repository.top)
    return os.path.realpath(os.path.join(top, root)) != os.path.join(top, *root.split("/"))


def _defeated(source: str, line: int, pattern: str, what: str) -> PmgitError:
    return PmgitError(
        f"{source}:{line} ({pattern}) {what}",
        f"remove or change line {line} of {source}, then run it again",
    )
