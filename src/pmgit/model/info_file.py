"""INFO.md, read: where a model came from, when, which revision, under which license.

People write these files by hand, in Chinese or English, so the reader is lenient about form: both
colons, with or without bold (the colon inside or outside of it), with or without list markers.
What stands in code blocks and HTML comments does not count. Nothing in a file makes it raise.
"""

# ruff: noqa: RUF001, RUF003 - the punctuation of Chinese text is meant
from __future__ import annotations

from pmgit.model import fences

#: An INFO.md is some lines of text; what is larger is a mistake or an attack.
MAX_BYTES = 1_000_000
#: The fields stand at the top; below this line nobody looks for them.
MAX_LINES = 10_000

SOURCE, DOWNLOADED, REVISION, LICENSE = "source", "downloaded", "revision", "license"
#: The fields, in the order of the template.
FIELDS = (SOURCE, DOWNLOADED, REVISION, LICENSE)

#: How the template names the fields.
LABELS = {
    "en": {SOURCE: "Source", DOWNLOADED: "Downloaded", REVISION: "Commit", LICENSE: "License"},
    "zh": {SOURCE: "来源", DOWNLOADED: "下载日期", REVISION: "版本/Commit", LICENSE: "许可证"},
}
_KEYS = {
    "来源": SOURCE, "source": SOURCE, "url": SOURCE,
    "下载日期": DOWNLOADED, "downloaded": DOWNLOADED, "download date": DOWNLOADED,
    "版本": REVISION, "commit": REVISION, "version": REVISION, "revision": REVISION,
    "许可证": LICENSE, "license": LICENSE, "licence": LICENSE,
}  # fmt: skip

#: The word that the template writes where it does not know: seen in Markdown as in plain text,
#: the same in both languages, and found by every editor.
MARK = "TODO"
#: Examples that the guide and pmgit's own messages show; pasted as they are, they are placeholders.
_EXAMPLES = ("abc123...", "abc123…", "ORG/NAME", "YYYY-MM-DD", "LICENSE-ID")

#: No label is longer, with its bold and list marks; no value that says something is.
_MAX_LABEL, _MAX_VALUE = 60, 2000
#: What stands around a label: quote and list marks, numbers, emphasis.
_BEFORE = " \t\xa0\u3000>*_`-+•0123456789.)"
_AFTER = " \t\xa0\u3000*_`"
_HEX = frozenset(b"0123456789abcdef")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
#: A table for bytes.translate that leaves letters and digits alone and blanks all else.
_BLANKS = bytes(code if chr(code) in _WORD else 0x20 for code in range(256))


class Field:
    """The value of one field, its line (from 1), and whether it is only a placeholder."""

    __slots__ = ("line", "placeholder", "value")

    def __init__(self, value: str, line: int, placeholder: bool) -> None:
        self.value = value
        self.line = line
        self.placeholder = placeholder

    def __repr__(self) -> str:
        return f"Field({self.value!r}, {self.line}, {self.placeholder})"


#: The problem of an INFO.md that has the lines of two branches.
UNMERGED = "two branches have changed it, and it is not merged"


class Info:
    """An INFO.md, read.

    `fields` holds those of FIELDS that the file has, an empty one too. `language` is `en` or
    `zh`, or '' when the file has no text. `problem` says why the file cannot be used as it is
    (too large, not text, not merged); `utf8` is false when some bytes of it are not UTF-8.
    `title_line` is 0 without a title.
    """

    __slots__ = ("fields", "language", "problem", "title", "title_line", "utf8")

    def __init__(self) -> None:
        self.title = ""
        self.title_line = 0
        self.fields: dict[str, Field] = {}
        self.language = ""
        self.problem = ""
        self.utf8 = True

    @property
    def repo_id(self) -> str:
        """The Hub repository of the source, as `org/name` or `name`; '' when it is no such."""
        from pmgit.model import repo_id

        source = self.fields.get(SOURCE)
        return repo_id.of_source(source.value) if source and not source.placeholder else ""

    @property
    def license(self) -> str:
        """The license that it names; '' for none, and for a placeholder."""
        field = self.fields.get(LICENSE)
        return field.value if field and not field.placeholder else ""

    @property
    def commit(self) -> str:
        """The full commit that the revision names (40 or 64 hexadecimal digits), or ''."""
        revision = self.fields.get(REVISION)
        return full_commit(revision.value) if revision else ""


def parse(data: bytes) -> Info:
    """The INFO.md that these bytes are."""
    info = Info()
    if len(data) > MAX_BYTES:
        info.problem = too_large(len(data))
        return info
    if b"\0" in data:
        info.problem = "holds NUL bytes, which is no text (or UTF-16)"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        info.utf8 = False
        text = data.decode("utf-8", "replace")
    lines = _visible(text)
    begins = {line[:8] for _, line in lines}
    if "<<<<<<< " in begins and ">>>>>>> " in begins:
        info.problem = UNMERGED
    for number, line in lines:
        if line.startswith("# ") and not info.title:
            info.title, info.title_line = line[2:].strip(" \t#")[:200], number
        else:
            _read(info, line, number)
    if not info.language and text.strip():
        info.language = "zh" if any("一" <= char <= "鿿" for char in text[:4000]) else "en"
    return info


def too_large(size: int) -> str:
    """The problem of an INFO.md of `size` bytes."""
    return f"{size:,} bytes, an INFO.md has at most {MAX_BYTES:,}"


def _visible(text: str) -> list[tuple[int, str]]:
    """The lines a reader sees as text, numbered: no code blocks, no HTML comments."""
    # Not splitlines(): it also breaks at form feeds and U+2028, where no editor counts a line.
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n", MAX_LINES)[:MAX_LINES]
    if "<!--" not in text and "```" not in text and "~~~" not in text:
        return [(number, line) for number, line in enumerate(lines, 1) if line]
    seen = []
    fence, comment = "", False
    for number, line in enumerate(lines, 1):
        if fence:
            if fences.is_closed_by(line, fence):
                fence = ""
            continue
        if not comment and (fence := fences.opened_by(line)):
            continue
        shown = line
        if comment or "<!--" in line:
            shown, comment = _uncommented(line, comment)
        if shown:
            seen.append((number, shown))
    return seen


def _uncommented(line: str, inside: bool) -> tuple[str, bool]:
    """A line without its HTML comments, and whether one is still open at its end."""
    parts: list[str] = []
    at = 0
    while True:
        if inside:
            end = line.find("-->", at)
            if end < 0:
                return "".join(parts), True
            at = end + 3
        begin = line.find("<!--", at)
        if begin < 0:
            parts.append(line[at:])
            return "".join(parts), False
        parts.append(line[at:begin])
        at, inside = begin + 4, True


def _read(info: Info, line: str, number: int) -> None:
    """Take the field that a line gives, if it gives one."""
    line = line.lstrip(" \t\xa0\u3000")
    ends = [at for at in (line.find(":", 0, _MAX_LABEL), line.find("：", 0, _MAX_LABEL)) if at > 0]
    if not ends:
        return
    before = line[: min(ends)]
    label = before.lstrip(_BEFORE)
    key = _KEYS.get(label.rstrip(_AFTER).lower())
    if key is None:
        for mark in "/／(（":
            label = label.partition(mark)[0]  # `版本/Commit`, `来源（Source）`
        key = _KEYS.get(label.rstrip(_AFTER).lower())
    if key is None:
        return
    info.language = info.language or ("en" if label.isascii() else "zh")
    value = _value(line[min(ends) + 1 : min(ends) + 1 + _MAX_VALUE], before)
    old = info.fields.get(key)
    # The first that is filled in counts; a commit may stand in a line of its own.
    if (
        old
        and old.value
        and not old.placeholder
        and (key != REVISION or full_commit(old.value) or not full_commit(value))
    ):
        return
    info.fields[key] = Field(value, number, is_placeholder(value))


def _value(text: str, before: str) -> str:
    """The value without the marks of a bold that began at the label, and without line breaks."""
    text = text.strip()
    for mark in ("**", "__", "*"):
        if before.count(mark) % 2:
            text = text.removeprefix(mark) if text.startswith(mark) else text.removesuffix(mark)
    for end in ("\\", "<br>", "<br/>"):
        text = text.removesuffix(end)
    return text.strip()


def example_in(value: str) -> str:
    """The example of the guide that a value still holds; '' for none."""
    return next((example for example in _EXAMPLES if example in value), "")


def is_placeholder(value: str) -> bool:
    """Whether a value only marks what somebody has still to write, or is an example."""
    return bool(example_in(value)) or is_marked(value)


def is_marked(value: str) -> bool:
    """Whether a value has the template's word for what somebody has still to write."""
    at = value.find(MARK)
    while at >= 0:
        around = value[at - 1 : at] + value[at + len(MARK) : at + len(MARK) + 1]
        # Not in a word or a path: `https://example.org/TODO-app` is an address.
        if not any(char in _WORD or char in "-_/" for char in around):
            return True
        at = value.find(MARK, at + 1)
    return False


def full_commit(text: str) -> str:
    """The first full commit id in a text, in lower case; '' when there is none."""
    # Only ASCII letters and digits make a word: `提交1a2b…` is no obstacle.
    for word in text.encode("utf-8", "replace").translate(_BLANKS).split():
        if len(word) in (40, 64) and _HEX.issuperset(word.lower()):
            return word.lower().decode("ascii")
    return ""


def is_date(text: str) -> bool:
    """Whether a text is a day as YYYY-MM-DD."""
    import datetime

    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_one_word(text: str) -> bool:
    """Whether a text is one word on a line of Markdown, as addresses are."""
    return bool(text) and text.isprintable() and not any(char in text for char in ' <>"`\\')


def line_of(key: str, value: str, language: str) -> str:
    """The line that gives a field, as the template writes it."""
    colon = "：" if language == "zh" else ": "
    return f"**{LABELS[language][key]}**{colon}{value}"
