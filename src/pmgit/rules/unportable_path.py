"""The rule `unportable-path`."""

from __future__ import annotations

from pmgit.core.rule import PATHS, Rule
from pmgit.model.folder import root_of
from pmgit.model.naming import DEVICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.fix import renames
    from pmgit.fix.for_staged import Advice
    from pmgit.model.subject import Subject

#: Not allowed in names on Windows, besides control characters.
_FORBIDDEN = frozenset('<>:"|?*\\')
#: ASCII that is allowed in names everywhere.
_SURE = bytes(n for n in range(32, 127) if chr(n) not in _FORBIDDEN)
#: In a lower-case text with a slash on both sides of each part: what may be one of these, and
#: what ends in a dot or a space. (`/con` alone would be every `config.json`.)
_DOUBTFUL = (
    *("./", " /", "/com", "/lpt", "/prn", "/aux", "/nul"),
    *("/con/", "/con.", "/con "),
)
#: What ext4, NTFS and APFS allow for one part of a path.
_MAX_PART_BYTES = 255
#: What is longer is no suffix to keep when a name is cut.
_MAX_SUFFIX = 20
#: Windows allows 260 characters for the whole path, the checkout's own included.
_MAX_PATH = 240


class UnportablePath(Rule):
    r"""A path below a models folder that not every system can check out.

    ## What it reports

    A new path with one of `< > : " | ? * \` or a control character, a name that ends in a dot or
    a space, a device name (`con`, `aux.bin`), bytes that are not UTF-8, letters that are not in
    Unicode's composed form (NFC), a part of over 255 bytes, a path of over 240 characters.

    ## Why it is bad

    A clone on Windows fails as a whole because of one such name; macOS and Linux disagree about
    composed letters, and the file shows up twice or as deleted.

    ## Example

    `pretrained_model/bert/step:1000.bin`

    ## What to do

    Paste the printed `git mv` to the nearest portable name. A folder is renamed as a whole. A
    path that is only too long needs a shorter name of your choice.
    """

    name = "unportable-path"
    family = "naming"
    scope = PATHS

    def check(self, subject: Subject) -> Iterator[Finding]:
        new = [c.path for c in subject.model_changes if c.oid and not c.before]
        if _surely_portable(new):
            return
        from pmgit.fix import renames
        from pmgit.fix.for_staged import Advice

        names = None
        renamed: dict[str, Advice] = {}
        for path in new:
            root = root_of(path, subject.roots)
            fault = fault_of(path, root) if root else ""
            if not fault:
                continue
            advice = Advice(None)
            if subject.snapshot.has_work_tree:
                names = names or renames.FreeNames(subject)
                advice = self._fix(path, root, names, renamed)
            message = f"not every system can have this name: {fault}{advice.note}"
            yield self.finding(path, message, fix=advice.fix)

    def _fix(
        self,
        path: str,
        root: str,
        names: renames.FreeNames,
        renamed: dict[str, Advice],
    ) -> Advice:
        """The rename of the first part that is at fault, a folder or the file itself."""
        from pmgit.fix.for_staged import Advice

        above = root
        for part in path[len(root) + 1 :].split("/"):
            old = f"{above}/{part}"
            if fault_of_part(part):
                break
            above = old
        else:
            return Advice(None)
        if old not in renamed:
            target = f"{above}/{portable_part(part)}"
            free = not fault_of(target, root) and names.is_free(target, old)
            if not free:
                target = names.numbered(target)
            note = names.hindrance(old, target)
            stays = bool(note) or names.is_bound(old)
            renamed[old] = Advice(None if stays else names.move(old, target), note)
        return renamed[old]


def _surely_portable(paths: list[str]) -> bool:
    """Whether no part of any path can be at fault, by looking at all of them at once.

    Part by part costs 3 us a file, and nearly always there is nothing to find.
    """
    text = f"/{'/'.join(paths)}/".lower()
    return (
        not text.encode("utf-8", "surrogateescape").translate(None, _SURE)
        and not any(end in text for end in _DOUBTFUL)
        and max(map(len, paths), default=0) <= _MAX_PATH
    )


def fault_of(path: str, root: str) -> str:
    """The reason why a path below the models folder `root` is unportable; '' when it is not."""
    for part in path[len(root) + 1 :].split("/"):
        fault = fault_of_part(part)
        if fault:
            return fault
    if len(path) > _MAX_PATH:
        return f"{len(path)} characters, {_MAX_PATH} are safe"
    return ""


def fault_of_part(part: str) -> str:
    """The reason why one part of a path is unportable; '' when it is not."""
    if not part.isascii():
        try:
            size = len(part.encode("utf-8"))
        except UnicodeEncodeError:
            return "bytes that are not UTF-8"
        from unicodedata import is_normalized

        if not is_normalized("NFC", part):
            return "letters that are not in composed form (NFC)"
    else:
        size = len(part)
    if not part.isprintable() or not _FORBIDDEN.isdisjoint(part):
        bad = next(c for c in part if c in _FORBIDDEN or not c.isprintable())
        return f"it holds {bad!r}"
    if part.endswith((".", " ")):
        return "a part of it ends in a dot or a space"
    if part.partition(".")[0].rstrip().lower() in DEVICES:
        return f"{part!r} is a device on Windows"
    if size > _MAX_PART_BYTES:
        return f"a part of it has over {_MAX_PART_BYTES} bytes"
    return ""


def portable_part(part: str) -> str:
    """The nearest portable name for one part of a path."""
    from unicodedata import normalize

    part = normalize("NFC", part.encode("utf-8", "replace").decode("utf-8"))
    part = "".join("_" if c in _FORBIDDEN or not c.isprintable() else c for c in part)
    part = part.rstrip(". ") or "_"
    stem, dot, rest = part.partition(".")
    if stem.rstrip().lower() in DEVICES:
        part = f"{stem.rstrip()}_{dot}{rest}"
    stem, dot, suffix = part.rpartition(".")
    if not stem or len(suffix) > _MAX_SUFFIX:
        stem, dot, suffix = part, "", ""
    room = _MAX_PART_BYTES - len(f"{dot}{suffix}".encode())
    stem = stem.encode("utf-8")[:room].decode("utf-8", "ignore").rstrip(". ")
    return f"{stem}{dot}{suffix}"
