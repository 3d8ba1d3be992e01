"""The Hub repository that a source names: `https://huggingface.co/org/name` and its relatives.

Rules of the commit hook ask it, which cannot wait for huggingface_hub (0.2 s); and that parses no
address in a phrase. What people type is judged by huggingface_hub itself (`hub/api.py`).
"""

from __future__ import annotations

from pmgit.model.naming import in_hub_alphabet

HUGGING_FACE = frozenset({"huggingface.co", "hf.co", "hf-mirror.com"})
_MODELSCOPE = "modelscope.cn"
#: First parts of addresses on the Hub that are not models.
NO_MODEL = frozenset(
    {
        "api", "blog", "buckets", "chat", "collections", "datasets", "docs", "join", "kernels",
        "learn", "login", "models", "organizations", "papers", "posts", "pricing", "settings",
        "spaces", "tasks",
    }
)  # fmt: skip
#: Second parts that follow a model without an organisation: `/gpt2/tree/main`.
PAGES = frozenset(
    {"tree", "blob", "resolve", "raw", "commit", "commits", "discussions", "edit", "blame"}
)
#: What ends an address in running text; so does every character that is not ASCII.
_ENDS = frozenset(" \t<>()[]{}\"'`|\\,;")
_MAX_WORDS = 60

#: What may stand beside the address of a source without saying that the model is another one.
_NEUTRAL = frozenset(
    {
        "a", "address", "also", "and", "at", "branch", "checkpoint", "commit", "download",
        "downloaded", "face", "from", "hf", "hub", "hugging", "huggingface", "i.e", "in", "is",
        "it", "main", "master", "mirror", "mirrored", "model", "modelscope", "of", "official", "on",
        "page", "repo", "repository", "revision", "same", "see", "source", "tag", "taken", "that",
        "the", "this", "url", "version", "via", "website", "weights",
    }
)  # fmt: skip
#: The same in Chinese, longer ones before those that they begin with.
_NEUTRAL_ZH = (
    "魔搭社区", "也就是", "魔搭", "来自", "下载", "镜像", "官方", "官网", "网站", "网址", "地址",
    "链接", "页面", "主页", "仓库", "模型", "权重", "来源", "参见", "分支", "版本", "提交",
    "从", "自", "由", "于", "在", "的", "上", "处", "即", "见", "站", "页", "库",
)  # fmt: skip
#: That two addresses are one and the same.
_SAME = frozenset({"mirror", "mirrored", "same", "is", "i.e"})
_SAME_ZH = ("镜像", "即", "也就是")
#: What commits, dates and versions are made of.
_DIGITS, _OF_NUMBERS = frozenset("0123456789"), frozenset("0123456789abcdefv.-:/t")


def is_valid(text: str) -> bool:
    """Whether this could be a repository id: `name` or `org/name`, as huggingface_hub has it."""
    parts = text.split("/")
    return len(parts) < 3 and not text.endswith(".git") and all(map(in_hub_alphabet, parts))


def of_source(source: str) -> str:
    """The repository id that the source of an INFO.md is; '' when it is something else.

    The source may be an address, a Markdown link, an address in a phrase (`downloaded from …`), or
    a bare `org/name`. One with more words (`our run of January, base https://…`) only mentions a
    repository; and so does one that names two.
    """
    ids, is_source = _read(source)
    return ids[0] if is_source else ""


def mentioned(source: str) -> list[str]:
    """The repository ids that a source mentions."""
    return _read(source)[0]


def _read(text: str) -> tuple[list[str], bool]:
    """The repository ids in a text, and whether its model is the only one of them."""
    words, signs = _words(text)
    ids: dict[str, None] = {}
    elsewhere, addressed = False, False
    beside: list[str] = []
    for word in words:
        label, found, address = word.rpartition("://")
        if found or _is_host(word):
            repository = _of_address(address)
            addressed = addressed or bool(repository)
            elsewhere = elsewhere or not repository
            beside.append(label.rpartition(":")[0])  # `base:https://…`
        else:
            repository = word if word.count("/") == 1 and is_valid(word) else ""
            beside.append(word)
        if repository and repository.lower() != "n/a":
            ids[repository] = None
    neutral = _NEUTRAL | {part.lower() for one in ids for part in (one, one.rpartition("/")[2])}
    beside = [word.strip(".:!?*_#-+=").lower() for word in beside]
    beside = [word for word in beside if word and not _is_number(word)]
    same = not _SAME.isdisjoint(beside) or any(phrase in signs for phrase in _SAME_ZH)
    for phrase in _NEUTRAL_ZH:
        signs = signs.replace(phrase, "")
    has_more = not neutral.issuperset(beside) or any(char.isalnum() for char in signs)
    # `from data/train` is a path; without a phrase it is a repository.
    alone = addressed or len(words) == 1
    return list(ids), len(ids) == 1 and alone and not has_more and (same or not elsewhere)


def _words(text: str) -> tuple[list[str], str]:
    """The ASCII words of a text, addresses among them, and all that is not ASCII."""
    plain = "".join(" " if char in _ENDS or not char.isascii() else char for char in text)
    words = plain.replace("**", " ").split(None, _MAX_WORDS)
    return words, "".join(char for char in text if not char.isascii())


def _is_number(word: str) -> bool:
    return _OF_NUMBERS.issuperset(word) and not _DIGITS.isdisjoint(word)


def _host(address: str) -> tuple[str, str]:
    """The host, without user, port and `www.`, and what follows it."""
    host, _, path = address.partition("/")
    host = host.partition("?")[0].partition("#")[0]
    return host.rpartition("@")[2].partition(":")[0].lower().removeprefix("www."), path


def _is_host(text: str) -> bool:
    host = _host(text)[0]
    return host in HUGGING_FACE or host == _MODELSCOPE


def _of_address(address: str) -> str:
    host, path = _host(address)
    path = path.partition("?")[0].partition("#")[0].rstrip(".:!")
    parts = [part for part in path.split("/") if part]
    if host == _MODELSCOPE:
        parts = parts[1:3] if parts[:1] == ["models"] and len(parts) > 2 else []
    elif host not in HUGGING_FACE or not parts or parts[0].lower() in NO_MODEL:
        return ""
    elif len(parts) > 1 and parts[1] in PAGES:
        parts = parts[:1]
    found = "/".join(parts[:2]).removesuffix(".git")
    return found if is_valid(found) else ""
