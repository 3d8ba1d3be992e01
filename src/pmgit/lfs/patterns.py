"""Lines of .gitattributes, and the files that must never be sent to Git LFS.

Attribute patterns are not ignore patterns: a blank ends the pattern, a folder's pattern says
nothing of the files in it, and there is no negation. What is written here is asked of
`git check-attr` by the tests, and by `pmgit lfs-setup` before it says done.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: What Git LFS needs. `-text`: no line end of weights is ever converted.
LFS_ATTRIBUTES = "filter=lfs diff=lfs merge=lfs -text"
#: The values of `diff`. Git LFS writes the first, which no configuration gives a meaning: Git
#: compares as if it were not there, and so it does with the second where that is not configured.
PLAIN_DIFF, TENSOR_DIFF = "lfs", "pmgit"
#: What takes a path out of Git LFS again. `!` makes an attribute unspecified, as if no line had
#: named it. `-diff -merge` would make a text binary: no diff to review, no merge; and `text`
#: would convert line ends, so that a file from the Hub would no longer have its hash.
TEXT_ATTRIBUTES = "!filter !diff !merge !text"

#: Names that must stay text in Git, at most one `*` in each. Written as attribute patterns in
#: this spelling; `must_be_text` reads them in any case.
MUST_BE_TEXT = (
    # Git reads them itself, and cannot when they are pointers
    ".git*",
    # ours
    ".pmgit.toml", ".pmgit-baseline", "INFO.md", "pmgit.lock",
    # for people
    "README", "README*.md", "README*.txt", "README*.rst",
    "LICENSE", "LICENSE-*", "LICENSE*.md", "LICENSE*.txt", "LICENCE", "LICENCE*.md",
    "LICENCE*.txt", "NOTICE", "NOTICE*.md", "NOTICE*.txt",
    # configuration of models: transformers, diffusers, sentence-transformers, PEFT
    "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
    "image_processor_config.json", "feature_extractor_config.json",
    "video_preprocessor_config.json",
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json", "adapter_config.json", "quantize_config.json",
    "quantization_config.json", "model_index.json", "scheduler_config.json", "modules.json",
    "sentence_bert_config.json", "config_sentence_transformers.json",
    # which shard holds which tensor
    "*.index.json",
)  # fmt: skip
#: Git ignores a line of .gitattributes that is longer (since 2.38.4, with a warning only).
MAX_LINE = 2047
#: Larger texts may go to Git LFS (the default of text-in-lfs.max-text-size).
MAX_TEXT_BYTES = 10_000_000

_GLOB = frozenset("*?[]\\")
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def literal(path: str) -> str:
    """`path` as a glob that matches nothing else; not quoted yet."""
    text = "".join("\\" + char if char in _GLOB else char for char in path)
    # Git warns of a leading `!` and ignores the line, inside of quotes too.
    return "\\" + text if text.startswith("!") else text


def quoted(glob: str) -> str:
    """A glob as the first word of a line: in C quotes when it would not be read as one word."""
    plain = bool(glob) and glob[0] not in '"#' and glob.isprintable() and " " not in glob
    if plain and not any(char.isspace() for char in glob):
        return glob
    out = []
    for char in glob:
        if char in _NAMED:
            out.append(_NAMED[char])
        elif char == " " or char.isprintable():
            out.append(char)
        else:
            # Control characters, and bytes that are not UTF-8: the file itself stays UTF-8.
            out.append("".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape")))
    return '"' + "".join(out) + '"'


def exact(path: str) -> str:
    """The pattern for exactly this path from the top of the repository."""
    return quoted("/" + literal(path))


def in_models(folder: str, suffix: str) -> str:
    """The pattern for the files with this suffix at any depth below a models folder."""
    return quoted(f"/{literal(folder)}/**/*{literal(suffix)}")


def for_file(path: str, roots: Iterable[str]) -> str:
    """The pattern for a file: that of its format below one of the models folders, else its own."""
    name = path[path.rfind("/") + 1 :]
    stem, dot, last = name.rpartition(".")
    root = next((root for root in roots if path.startswith(f"{root}/")), "")
    if root and stem and last.isalnum() and not last.isdigit():
        return in_models(root, dot + last)
    return exact(path)


def attribute_line(pattern: str, diff: str = PLAIN_DIFF) -> str:
    """The line that sends a pattern's files to Git LFS."""
    return f"{pattern} {LFS_ATTRIBUTES.replace('diff=lfs', f'diff={diff}')}"


def unset_line(pattern: str) -> str:
    """The line that keeps a pattern's files text, whatever earlier lines say."""
    return f"{pattern} {TEXT_ATTRIBUTES}"


def must_be_text(path: str) -> bool:
    """Whether a file of this name belongs into Git as text, never into Git LFS."""
    name = path[path.rfind("/") + 1 :].lower()
    if name in _WHOLE or name.startswith(_FIRST) or name.endswith(_LAST):
        return True
    return name.startswith(_FIRST_OF_TWO) and any(
        name.startswith(first) and name.endswith(last) and len(name) >= len(first) + len(last)
        for first, last in _PARTS
    )


_WHOLE = frozenset(name.lower() for name in MUST_BE_TEXT if "*" not in name)
_PARTS = tuple(
    (name.lower().partition("*")[0], name.lower().partition("*")[2])
    for name in MUST_BE_TEXT
    if "*" in name
)
_FIRST = tuple(first for first, last in _PARTS if not last)
_LAST = tuple(last for first, last in _PARTS if not first)
_FIRST_OF_TWO = tuple(first for first, last in _PARTS if first and last)
