"""What was inspected, in lines for people and for `git diff`."""

from __future__ import annotations

from pmgit.core.units import counted, show_size
from pmgit.formats.opinion import OK, PASSES
from pmgit.inspection.digests import DIGITS, MOST_HASHED, Digests
from pmgit.inspection.look import NO_FILE
from pmgit.report.opinions import excerpt
from pmgit.report.text import place_of, visible
from pmgit.tensors.read import COMPLETE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.inspection.differences import Difference
    from pmgit.inspection.look import Inspected
    from pmgit.tensors.contents import ListedTensor

#: A line is cut, or a template wrapped, at so many characters.
_LONGEST = 200
_WIDEST = 60
#: So many globals, members and values are shown; JSON has all.
_MOST = 200
_MOST_TEMPLATE_LINES = 400


def shown(text: str) -> str:
    """Text out of a file, in one line: cut, escaped, without secrets."""
    return excerpt(text, _LONGEST)


def head(looked: Inspected) -> str:
    """The first line about a file: path, kind, size, verdict."""
    verdict = "" if looked.opinion.verdict == OK else f", {looked.opinion.verdict}"
    size = f", {show_size(looked.size)}" if looked.could and looked.opinion.kind != NO_FILE else ""
    lfs = " (in Git LFS)" if looked.oid and looked.here else ""
    return f"{place_of(looked.path)}: {visible(looked.opinion.kind)}{lfs}{size}{verdict}"


def lines(looked: Inspected, *, tensors: bool) -> Iterator[str]:
    """All about a file; with `tensors` each of them."""
    contents = looked.contents
    yield head(looked)
    if looked.oid and not looked.here:
        yield f"  object sha256:{looked.oid}, {looked.size:,} bytes: not here"
    if contents.tensors or contents.parameters:
        yield f"  {totals([looked])}"
    for title, listed in (
        ("inputs", contents.inputs), ("outputs", contents.outputs),
        ("tensors", contents.tensors if tensors else ()),
    ):  # fmt: skip
        if listed:
            yield f"  {title}"
            yield from (f"    {line}" for line in _table(listed))
    if contents.metadata:
        yield "  metadata"
        pairs = list(contents.metadata.items())
        yield from (f"    {shown(key)}: {shown(value)}" for key, value in pairs[:_MOST])
        yield from _more(pairs)
    for title, names in (
        ("globals", contents.globals),
        ("files", [f"{name} ({show_size(size)})" for name, size in contents.files.items()]),
    ):
        if names:
            yield f"  {title}"
            yield from (f"    {shown(name)}" for name in names[:_MOST])
            yield from _more(names)
    for name, text in contents.templates.items():
        yield f"  template {shown(name)}"
        yield from (f"    | {line}" for line in _template(text))
    yield from (f"  note: {shown(note)}" for note in contents.notes[:_MOST])


def _more(values: Sequence[object]) -> Iterator[str]:
    if len(values) > _MOST:
        yield f"    … and {len(values) - _MOST:,} more"


def totals(files: Sequence[Inspected]) -> str:
    """How many tensors and parameters the files have, by type."""
    tensors = [tensor for looked in files for tensor in looked.contents.tensors]
    same = sum(bool(tensor.same_as) for tensor in tensors)
    found = parameters_of(files)
    kinds = ", ".join(f"{shown(dtype)} {count:,}" for dtype, count in found.items())
    shared = f" ({same:,} of them the same as another)" if same else ""
    total = sum(found.values())
    return f"{counted(len(tensors), 'tensor')}{shared}, {total:,} parameters" + (
        f": {kinds}" if kinds else ""
    )


def parameters_of(files: Sequence[Inspected]) -> dict[str, int]:
    """The numbers that the files have together, by their type."""
    found: dict[str, int] = {}
    for looked in files:
        for dtype, count in looked.contents.parameters.items():
            found[dtype] = found.get(dtype, 0) + count
    return found


def _table(tensors: Sequence[ListedTensor]) -> Iterator[str]:
    """A line for each tensor: name, type, shape."""
    names = [shown(tensor.name) or "(no name)" for tensor in tensors]
    wide = min(_WIDEST, max(map(len, names)))
    kinds = min(_WIDEST, max(len(shown(tensor.dtype)) for tensor in tensors))
    for name, tensor in zip(names, tensors, strict=True):
        yield f"{name:{wide}}  {shown(tensor.dtype):{kinds}}  {described(tensor)}"


def described(tensor: ListedTensor) -> str:
    """The shape of a tensor, with how it lies and what it shares."""
    sizes = ", ".join("?" if size < 0 else f"{size}" for size in tensor.shape)
    layout = f" {shown(tensor.layout)}" if tensor.layout else ""
    same = f" same as {shown(tensor.same_as)}" if tensor.same_as else ""
    return f"[{sizes}]{layout}{same}"


def _template(text: str) -> Iterator[str]:
    """The lines of a template, the long ones wrapped."""
    count = 0
    for line in text.split("\n"):
        for at in range(0, max(1, len(line)), _LONGEST):
            count += 1
            if count > _MOST_TEMPLATE_LINES:
                yield f"… ({len(text):,} characters in all)"
                return
            yield visible(line[at : at + _LONGEST])


def for_diff(looked: Inspected, *, content: bool) -> Iterator[str]:
    """The lines that `git diff` compares: each stands alone, and says all that may change.

    They are the same for a file and for a pointer whose object is here.
    """
    contents = looked.contents
    yield f"kind: {visible(looked.opinion.kind)}"
    if looked.oid and not looked.here:
        yield f"Git LFS object sha256:{looked.oid} ({looked.size:,} bytes)"
        yield "not here, so its tensors are not shown: git lfs fetch"
    for finding in looked.opinion.findings:
        if looked.here:
            evidence = f": {finding.evidence}" if finding.evidence else ""
            yield f"{finding.verdict}: {shown(finding.message + evidence)}"
    if contents.tensors:
        yield totals([looked])
    for key, value in sorted(contents.metadata.items()):
        yield f"metadata {shown(key)}: {shown(value)}"
    for name in sorted(contents.globals):
        yield f"global {shown(name)}"
    for name, size in sorted(contents.files.items()):
        yield f"file {shown(name)} ({size:,} bytes)"
    for title, listed in (("input", contents.inputs), ("output", contents.outputs)):
        for tensor in listed:
            yield f"{title} {shown(tensor.name)} {shown(tensor.dtype)} {described(tensor)}"
    digests = Digests(looked.reader)
    for tensor in sorted(contents.tensors, key=lambda one: one.name):
        digest = digests.of(tensor) if content else ""
        line = f"tensor {shown(tensor.name)} {shown(tensor.dtype)} {described(tensor)}"
        yield f"{line} {digest}".rstrip()
    if digests.left_out:
        what = counted(digests.left_out, "tensor")
        yield f"note: the numbers of {what} are not compared: over {show_size(MOST_HASHED)}"
    for name, text in sorted(contents.templates.items()):
        yield f"template {shown(name)}"
        yield from (f"  | {line}" for line in _template(text))
    is_listed = looked.opinion.kind in COMPLETE and looked.opinion.verdict in PASSES
    if content and looked.here and not is_listed:
        # Code, graphs, long texts, all of a broken file: what is not listed may have changed, too.
        yield f"content {whole_hash(looked)}"
    yield from (f"note: {shown(note)}" for note in contents.notes[:_MOST])


def whole_hash(looked: Inspected) -> str:
    """The hash of a whole file; Git LFS knows it already."""
    if looked.oid:
        return looked.oid[:DIGITS]
    from pmgit.tensors.contents import plain

    return Digests(looked.reader).of(plain("", "U8", (looked.size,), 0, looked.size))


def of_difference(found: Difference) -> Iterator[str]:
    """The lines about how two files differ: `-` was there, `+` is there, `~` is another one."""
    for tensor in found.removed:
        yield f"- {_one(tensor)}"
    for tensor in found.added:
        yield f"+ {_one(tensor)}"
    for old, new in found.reshaped:
        before = f"{shown(old.dtype)} {described(old)}"
        yield f"~ {shown(new.name)}  {before} -> {shown(new.dtype)} {described(new)}"
    for tensor in found.changed:
        yield f"~ {_one(tensor)}  other numbers"
    for tensor in found.unknown:
        yield f"? {_one(tensor)}  its numbers could not be compared"
    for title, pairs in (
        ("metadata", found.values), ("template", found.templates), ("global", found.globals),
    ):  # fmt: skip
        for key, pair in list(pairs.items())[:_MOST]:
            yield from _pair(title, key, *pair)
        yield from _more(list(pairs))
    if found.elsewhere:
        yield "~ other bytes, in what is not listed"
    yield from (f"note: {shown(note)}" for note in found.notes)
    yield summary(found)


def _pair(title: str, key: str, before: str | None, after: str | None) -> Iterator[str]:
    if title != "metadata":
        sign = "+" if before is None else "-" if after is None else "~"
        yield f"{sign} {title} {shown(key)}"
        return
    if before is not None:
        yield f"- {title} {shown(key)}: {shown(before)}"
    if after is not None:
        yield f"+ {title} {shown(key)}: {shown(after)}"


def _one(tensor: ListedTensor) -> str:
    return f"{shown(tensor.name) or '(no name)'}  {shown(tensor.dtype)} {described(tensor)}"


def summary(found: Difference) -> str:
    """The last line: what was compared, and how much of it differs."""
    if found.equal:
        return "the same bytes"
    counts = {
        "removed": len(found.removed), "added": len(found.added),
        "of another type or shape": len(found.reshaped), "with other numbers": len(found.changed),
        "not compared": len(found.unknown),
    }  # fmt: skip
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    said += [f"{found.same:,} the same"] if found.same or not said else []
    what = "names, types, shapes and bytes" if found.compares else "names, types and shapes"
    return f"tensors: {', '.join(said)} (compared: {what})"
