"""The configuration of pre-commit and prek: which file counts, and the hooks in it.

prek takes the first of `prek.toml`, `.pre-commit-config.yaml` and `.pre-commit-config.yml` and
warns of the others (0.5.11); pre-commit reads `.pre-commit-config.yaml` alone.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from pmgit.hooks.names import CONFIGURATIONS, PRE_COMMIT, PREK, TOML, YAML

if TYPE_CHECKING:
    from collections.abc import Collection

#: None is larger in earnest, nor has so many nodes when its aliases are followed.
_MOST_BYTES = 1_000_000
_MOST_NODES = 1_000_000

#: The key with the Git hooks that the frameworks install.
TYPES = "default_install_hook_types"


def present(top: str) -> list[str]:
    """The files that lie in a work tree, in prek's order."""
    return [name for name in CONFIGURATIONS if os.path.lexists(os.path.join(top, name))]


def tool(found: Collection[str], hooks: Collection[str]) -> str:
    """pre-commit or prek, whichever the files and the installed hooks are for; '' when nothing
    shows it. `hooks` has the kinds of the installed Git hooks.
    """
    if found and YAML not in found:
        return PREK  # pre-commit does not read what is here
    if PREK in hooks:
        return PREK
    if PRE_COMMIT in hooks:
        return PRE_COMMIT
    return PREK if TOML in found else ""


def read_by(name: str, found: Collection[str]) -> str:
    """The file that pre-commit or prek reads, or would read when it were written."""
    if name == PREK:
        return next((file for file in CONFIGURATIONS if file in found), YAML)
    return YAML


def read(top: str, name: str) -> tuple[Any, str]:
    """The document of a configuration of a work tree, and what is wrong with it; None where there
    is none, or none that can be read.
    """
    path = os.path.join(top, *name.split("/"))
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):
            return None, "unreadable: a named pipe, which may never end"
        with open(path, "rb") as file:
            return load(file.read(_MOST_BYTES + 1), name), ""
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"unreadable: {error.strerror}"
    except ValueError as error:
        return None, str(error)


def load(data: bytes, name: str) -> Any:
    """The document of a configuration. Raises ValueError, which names the fault."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if len(data) > _MOST_BYTES:
        raise ValueError("too large")
    return _load_toml(text) if name.endswith(".toml") else _load_yaml(text)


def _load_yaml(text: str) -> Any:
    from yaml import YAMLError, safe_load

    try:
        document = safe_load(text)
        nodes = _nodes(document, {})
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ValueError(f"not valid YAML{where}") from None
    if nodes > _MOST_NODES:
        raise ValueError("too large, with its aliases")
    return document


def _nodes(node: Any, counted: dict[int, int]) -> int:
    """The number of nodes, each counted as often as aliases name it.

    Raises RecursionError for one that is a part of itself.
    """
    if not isinstance(node, dict | list):
        return 1
    if id(node) in counted:
        if not counted[id(node)]:
            raise RecursionError
        return counted[id(node)]
    counted[id(node)] = 0  # begun
    parts = node.values() if isinstance(node, dict) else node
    counted[id(node)] = 1 + sum(_nodes(part, counted) for part in parts)
    return counted[id(node)]


def _load_toml(text: str) -> Any:
    """The document, by tomllib or else tomlkit: prek reads TOML 1.1, whose inline tables may
    span lines (`prek util yaml-to-toml` writes them so), and tomllib of Python 3.11 reads 1.0.
    """
    import tomllib

    from pmgit.core.toml_subset import MAX_LINE
    from pmgit.gitfiles import toml_file

    if any(len(line) > MAX_LINE for line in text.split("\n")):
        raise ValueError(f"not read: a line of more than {MAX_LINE} characters")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        pass
    return toml_file.parse(text).unwrap()


def has_repos(document: Any) -> bool:
    """Whether a document has the list `repos`."""
    return isinstance(document, dict) and isinstance(document.get("repos"), list)


def hooks(document: Any) -> list[dict[str, Any]]:
    """Every hook in a document, whatever else is in it."""
    return [
        hook
        for repo in (document["repos"] if has_repos(document) else ())
        if isinstance(repo, dict) and isinstance(repo.get("hooks"), list)
        for hook in repo["hooks"]
        if isinstance(hook, dict)
    ]


def has_entry(document: Any) -> bool:
    """Whether a hook of pmgit is there, by its id or by what it runs."""
    return any(map(is_ours, hooks(document)))


def items(document: Any) -> list[dict[str, Any]]:
    """The items of `repos` that have hooks of pmgit, each with these alone."""
    found = []
    for item in document["repos"] if has_repos(document) else ():
        ours = [hook for hook in hooks({"repos": [item]}) if is_ours(hook)]
        if ours:
            found.append({**item, "hooks": ours})
    return found


def harmless(document: Any) -> dict[str, Any]:
    """A document with the hooks of pmgit, and with stand-ins that do nothing for all others: what
    names these (`prek install NAME`, SKIP) still finds them.
    """
    kept = ("id", "alias", "stages")
    others = [
        {key: hook[key] for key in kept if key in hook}
        | {"name": "x", "entry": "true", "language": "system", "pass_filenames": False}
        for hook in hooks(document)
        if not is_ours(hook)
    ]
    standing = [{"repo": "local", "hooks": others}] if others else []
    return with_items(document, [*standing, *items(document)])


def with_items(document: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    """A document with the same settings, and these items only."""
    kept = document if isinstance(document, dict) else {}
    return {**kept, "repos": items}


def wanted_python(document: Any) -> str:
    """The Python that a document wants for all hooks; '' when it names none."""
    versions = document.get("default_language_version") if isinstance(document, dict) else None
    wanted = versions.get("python") if isinstance(versions, dict) else None
    return wanted if isinstance(wanted, str) else ""


def is_ours(hook: dict[str, Any]) -> bool:
    """Whether a hook is one of pmgit."""
    id, run = str(hook.get("id", "")), str(hook.get("entry", ""))
    return id == "pmgit" or id.startswith("pmgit-") or "pmgit-hook" in run


def names_push(document: Any) -> bool:
    """Whether a document asks for the pre-push stage by name.

    A hook without `stages` would run in any stage; it is no wish for this one.
    """
    keys = ("stages", "default_stages", "default_install_hook_types")
    if isinstance(document, dict):
        named = [value for key in keys if isinstance(value := document.get(key), list)]
        if any(word in value for value in named for word in ("pre-push", "push")):
            return True
        return any(names_push(value) for value in document.values())
    return isinstance(document, list) and any(map(names_push, document))
