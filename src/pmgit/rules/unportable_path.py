"""The rule `unportable-path`."""

from __future__ import annotations

from pmgit import fixes
from pmgit.finding import Finding
from pmgit.rule import PLACES, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.model.subject import Subject

#: Not allowed in names on Windows, besides control characters.
_FORBIDDEN = frozenset('<>:"|?*\\')
#: Device names on Windows, with any extension.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
#: What ext4, NTFS and APFS allow for one part of a path.
_MAX_PART_BYTES = 255
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

    Paste the printed `git mv` to the nearest portable name.
    """

    name = "unportable-path"
    family = "naming"
    scope = PLACES

    def check(self, subject: Subject) -> Iterator[Finding]:
        new = [change.path for change in subject.changes if change.after and not change.before]
        taken: set[str] = set()
        for path in new:
            if not subject.in_models(path):
                continue
            fault = fault_of(path)
            if fault:
                target = portable(path)
                fix = None
                if (
                    subject.snapshot.has_work_tree
                    and target not in taken
                    and not fault_of(target)
                    and fixes.is_free(subject, target)
                ):
                    taken.add(target)
                    folder = target.rpartition("/")[0] != path.rpartition("/")[0]
                    fix = fixes.move(subject, path, target, make_folder=folder)
                yield Finding(path, f"not every system can have this name: {fault}", fix=fix)


def fault_of(path: str) -> str:
    """What makes a path unportable; '' when nothing does."""
    plain = path.isascii() and path.isprintable()
    if not plain:
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            return "bytes that are not UTF-8"
        from unicodedata import is_normalized

        if not is_normalized("NFC", path):
            return "letters that are not in composed form (NFC)"
    for part in path.split("/"):
        bad = next((c for c in part if c in _FORBIDDEN or not c.isprintable()), "")
        if bad:
            return f"it holds {bad!r}"
        if part.endswith((".", " ")):
            return "a part of it ends in a dot or a space"
        if part.split(".", 1)[0].rstrip().lower() in _DEVICES:
            return f"{part!r} is a device on Windows"
        if len(part) > _MAX_PART_BYTES or len(part.encode("utf-8")) > _MAX_PART_BYTES:
            return f"a part of it has over {_MAX_PART_BYTES} bytes"
    if len(path) > _MAX_PATH:
        return f"{len(path)} characters, {_MAX_PATH} are safe"
    return ""


def portable(path: str) -> str:
    """The nearest portable path."""
    from unicodedata import normalize

    parts = []
    for part in normalize("NFC", path.encode("utf-8", "replace").decode("utf-8")).split("/"):
        part = "".join("_" if c in _FORBIDDEN or not c.isprintable() else c for c in part)
        part = part.rstrip(". ") or "_"
        stem, dot, rest = part.partition(".")
        if stem.rstrip().lower() in _DEVICES:
            part = f"{stem}_{dot}{rest}"
        while len(part.encode("utf-8")) > _MAX_PART_BYTES:
            stem, dot, rest = part.rpartition(".")
            part = f"{stem[:-1]}{dot}{rest}" if len(stem) > 1 else rest[:-1]
        parts.append(part)
    return "/".join(parts)
