"""The addresses of torchvision's weights, read in the installed package and not run."""

from __future__ import annotations

import ast
import os
import sys
from typing import TYPE_CHECKING

from pmgit.core.errors import UsageError, unknown
from pmgit.formats.regular import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A module of torchvision has 50 kB.
_MOST_BYTES = 5_000_000


def url_of(name: str) -> str:
    """The address of weights such as `ResNet50_Weights.IMAGENET1K_V2`, or `….DEFAULT`.

    Raises UsageError when torchvision is not installed here, or has no such weights.
    """
    enum, _, member = name.partition(".")
    known = dict(_enums())
    if not known:
        raise UsageError(
            "torchvision is not installed where pmgit is",
            "name the https:// address of the weights",
        )
    if enum not in known:
        raise unknown("weights of torchvision", enum, sorted(known))
    members = _members(known[enum])
    if not members:
        raise UsageError(f"torchvision has no address for {enum}", "name the https:// address")
    if member not in members:
        raise unknown(f"version of {enum}", member, sorted(members))
    return members[member]


def _enums() -> Iterator[tuple[str, ast.ClassDef]]:
    """The classes of weights in the installed torchvision, by name."""
    for folder in sys.path:
        top = os.path.join(folder or ".", "torchvision", "models")
        if not os.path.isdir(top):
            continue
        for path, _, names in sorted(os.walk(top)):
            for name in sorted(names):
                if name.endswith(".py"):
                    yield from _classes(os.path.join(path, name))
        return


def _classes(path: str) -> Iterator[tuple[str, ast.ClassDef]]:
    data = read_regular(path, _MOST_BYTES) or b""
    if b"WeightsEnum" not in data:
        return
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and "WeightsEnum" in map(ast.unparse, node.bases):
            yield node.name, node


def _members(node: ast.ClassDef) -> dict[str, str]:
    """The addresses of the versions of weights; an alias (`DEFAULT`) has that of its target."""
    found: dict[str, str] = {}
    for line in node.body:
        if not isinstance(line, ast.Assign) or not isinstance(line.targets[0], ast.Name):
            continue
        name, value = line.targets[0].id, line.value
        if isinstance(value, ast.Name) and value.id in found:
            found[name] = found[value.id]
        elif isinstance(value, ast.Call):
            for keyword in value.keywords:
                url = keyword.value
                if keyword.arg == "url" and isinstance(url, ast.Constant):
                    found[name] = str(url.value)
    return found
