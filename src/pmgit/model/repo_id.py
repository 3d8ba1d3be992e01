"""The Hub repository that a source names: `https://huggingface.co/org/name` and its relatives."""

from __future__ import annotations

_HUGGING_FACE = frozenset({"huggingface.co", "hf.co", "hf-mirror.com"})
_MODELSCOPE = "modelscope.cn"
#: First parts of addresses on the Hub that are not models.
_NO_MODEL = frozenset(
    {
        "api", "blog", "buckets", "chat", "collections", "datasets", "docs", "join", "kernels",
        "learn", "login", "models", "organizations", "papers", "posts", "pricing", "settings",
        "spaces", "tasks",
    }
)  # fmt: skip
#: Second parts that follow a model without an organisation: `/gpt2/tree/main`.
_PAGES = frozenset(
    {"tree", "blob", "resolve", "raw", "commit", "commits", "discussions", "edit", "blame"}
)
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
#: What ends an address in running text; so does every character that is not ASCII.
_ENDS = frozenset(" \t<>()[]{}\"'`|\\,;")
_MAX_PART, _MAX_ADDRESSES = 96, 20


def is_valid(text: str) -> bool:
    """Whether this could be a repository id: `name` or `org/name`, as huggingface_hub has it."""
    parts = text.split("/")
    if len(parts) > 2 or "--" in text or ".." in text or text.endswith(".git"):
        return False
    return all(
        0 < len(part) <= _MAX_PART
        and _NAME.issuperset(part)
        and part[0] not in "-."
        and part[-1] not in "-."
        for part in parts
    )


def of_source(source: str) -> str:
    """The repository id in the source of an INFO.md; '' when it names none.

    The source may be an address, a Markdown link, an address in a sentence, or a bare `org/name`.
    """
    for address in _addresses(source):
        found = _of_address(address)
        if found:
            return found
    bare = source.strip(" \t`*<>")
    return bare if bare.count("/") == 1 and is_valid(bare) and not _is_host(bare) else ""


def _addresses(text: str) -> list[str]:
    """The addresses in a text, without their scheme, in order."""
    found: list[str] = []
    at = text.find("://")
    if at < 0:
        return [_until_end(text.lstrip(" \t`*<["))]
    while at >= 0 and len(found) < _MAX_ADDRESSES:
        found.append(_until_end(text[at + 3 :]))
        at = text.find("://", at + 3)
    return found


def _until_end(text: str) -> str:
    for at, char in enumerate(text):
        if char in _ENDS or not char.isascii():
            return text[:at]
    return text


def _host(address: str) -> tuple[str, str]:
    """The host, without user, port and `www.`, and what follows it."""
    host, _, path = address.partition("/")
    host = host.partition("?")[0].partition("#")[0]
    return host.rpartition("@")[2].partition(":")[0].lower().removeprefix("www."), path


def _is_host(text: str) -> bool:
    host = _host(text)[0]
    return host in _HUGGING_FACE or host == _MODELSCOPE


def _of_address(address: str) -> str:
    host, path = _host(address)
    path = path.partition("?")[0].partition("#")[0].rstrip(".:!")
    parts = [part for part in path.split("/") if part]
    if host == _MODELSCOPE:
        parts = parts[1:3] if parts[:1] == ["models"] and len(parts) > 2 else []
    elif host not in _HUGGING_FACE or not parts or parts[0].lower() in _NO_MODEL:
        return ""
    elif len(parts) > 1 and parts[1] in _PAGES:
        parts = parts[:1]
    found = "/".join(parts[:2]).removesuffix(".git")
    return found if is_valid(found) else ""
