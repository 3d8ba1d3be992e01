"""What a configuration in YAML has made: Hydra and NeMo call what stands behind `_target_`
(CVE-2025-23304), PyYAML what a tag of Python names.

The events of the parser are looked at, and nothing is constructed: YAML writes one name in many
ways, with escapes, tags and anchors, and over several lines.
"""

from __future__ import annotations

import re

from pmgit.formats.keras_config import OF_THE_SYSTEM
from pmgit.formats.named_classes import is_of_python
from pmgit.formats.opinion import MOST_FINDINGS, UNKNOWN, UNSAFE, FileFinding, short
from pmgit.formats.policy import of_global

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps

#: So much is read as YAML; with libyaml that takes half a second, without it ten.
_LONGEST = 2_000_000
#: Without one of these nothing is made: the key, the tag, and what spells one of them in another
#: way (a letter of the key by its number, one of a tag as `%70`, a text over several lines).
#: Lists of packages and descriptions of interfaces have megabytes, and none of these.
_MAY_CALL = re.compile(
    rb"_target_|python(?:/|%2[fF])|%TAG|(?<![^\s\[{,:])!\S{0,40}%[67][0-9a-fA-F]|\x00"
    rb"|\\(?:(?:x|u00|U000000)(?:5[fF]|6[157]|7[24])|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9])"
)
_TARGET = "_target_"
_PYTHON = "tag:yaml.org,2002:python/"
#: What stands in the text of a tag behind the name of the kind.
_CALLED = ("object/apply:", "object/new:", "object:", "name:")
_IMPORTED = "module:"
#: Hydra's own functions look a name up, which stands beside them.
_LOOKS_UP, _PATH = "hydra.", "path"
_INSERT, _INSERTED = "${", re.compile(r"\$\{[^{}]*\}")
#: What is longer is no name.
_LONGEST_NAME = 200
#: What runs code or a pickle, of other packages than Python: as modules, and as functions. Classes
#: and what reads data a configuration may ask for, unlike a pickle.
_RUN_CODE = (
    "torch.hub", "torch.utils.cpp_extension", "torch.utils.model_zoo", "torch.package",
    "torch.serialization", "numpy.testing", "numpy.f2py", "numpy.distutils",
    "pandas.core.computation", "dill", "cloudpickle", "joblib", "jsonpickle", "yaml", "IPython",
    "invoke", "fabric", "plumbum", "pexpect", "paramiko", "sh",
)  # fmt: skip
_RUN_CODE_TOO = frozenset((
    "torch.load", "pandas.eval", "pandas.read_pickle", "hydra.utils.call",
    "hydra.utils.instantiate",
))  # fmt: skip
_ALL_THAT_RUN = (*_RUN_CODE, *_RUN_CODE_TOO)


def findings(text: bytes, caps: Caps) -> list[FileFinding]:
    """What is wrong with what a text in YAML has made."""
    if not _MAY_CALL.search(text):
        return []
    if len(text) > _LONGEST:
        return [FileFinding(UNKNOWN, "a text in YAML that is too long to judge")]
    from yaml import YAMLError, parse

    calls = _Calls(caps)
    try:
        for event in parse(text, _loader()):
            calls.take(event)
    except (YAMLError, RecursionError, ValueError):
        pass  # no program reads on, either
    return calls.findings()


def _loader() -> type:
    """PyYAML's safe loader: the fast one, where it was built with libyaml."""
    try:
        from yaml import CSafeLoader
    except ImportError:
        from yaml import SafeLoader

        return SafeLoader
    return CSafeLoader


class _Mapping:
    """A mapping that is read: its last key while its value is awaited, and what matters in it."""

    __slots__ = ("key", "path", "target")

    def __init__(self) -> None:
        self.key: str | None = None
        self.target = self.path = ""


class _Calls:
    """What is called in a text, event by event."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._opened: list[_Mapping | None] = []
        self._anchors: dict[str, str] = {}
        #: What is called, and where; all texts that are a name, for those that are inserted; and
        #: whether a part of one is a module of the system.
        self._called: dict[str, int] = {}
        self._imported: dict[str, int] = {}
        self._texts: dict[str, None] = {}
        self._has_system = False

    def take(self, event: Any) -> None:
        """Take one event of the parser."""
        self._caps.step(4)
        kind = type(event).__name__
        at = event.start_mark.index if event.start_mark else 0
        tag = getattr(event, "tag", None) or ""
        if tag.startswith(_PYTHON):
            self._of_tag(tag.removeprefix(_PYTHON), at)
        if kind in ("ScalarEvent", "AliasEvent"):
            value = event.value if kind == "ScalarEvent" else self._anchors.get(event.anchor, "")
            if kind == "ScalarEvent" and event.anchor:
                self._anchors[event.anchor] = value
            if len(value) < _LONGEST_NAME:
                if "." in value:
                    self._texts[value] = None
                self._has_system |= _is_of_system(value)
            self._value(value, at)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._value("", at)
            self._opened.append(_Mapping() if kind == "MappingStartEvent" else None)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            closed = self._opened.pop()
            if closed and closed.target.startswith(_LOOKS_UP) and closed.path:
                self._called.setdefault(closed.path, at)

    def _value(self, value: str, at: int) -> None:
        """A key or a value of the mapping that is open, if one is."""
        mapping = self._opened[-1] if self._opened else None
        if mapping is None:
            return
        if mapping.key is None:
            mapping.key = value
            return
        if mapping.key == _TARGET and value:
            mapping.target = value
            self._called.setdefault(value, at)
        elif mapping.key == _PATH:
            mapping.path = value
        mapping.key = None

    def _of_tag(self, tag: str, at: int) -> None:
        called = next((tag.removeprefix(one) for one in _CALLED if tag.startswith(one)), "")
        if tag.startswith(_IMPORTED):
            self._imported.setdefault(tag.removeprefix(_IMPORTED), at)
        elif called:
            # As PyYAML reads it: `!!python/name:eval` is one of Python's own.
            self._called.setdefault(called if "." in called else f"builtins.{called}", at)

    def findings(self) -> list[FileFinding]:
        """What is wrong with what is called."""
        found = [
            FileFinding(UNSAFE, "imports a module by its name", short(name), at)
            for name, at in list(self._imported.items())[:MOST_FINDINGS]
        ]
        of_texts = next((why for one in self._texts if (why := _wrong(one))), "")
        for name, at in self._called.items():
            why = self._why(name, of_texts)
            if why and len(found) < MOST_FINDINGS:
                found.append(FileFinding(UNSAFE, why, short(name), at))
        return found

    def _why(self, name: str, of_texts: str) -> str:
        """Why this must not be called; '' when it may. Another text of the file may be inserted
        into it, or stand for all of it: then it is what is wrong with one of them, `of_texts`."""
        begin, inserted, _ = name.partition(_INSERT)
        if not inserted:
            return _wrong(name)
        if not _INSERTED.sub("", name).strip("."):
            return of_texts
        # `torch.optim.${name}` is one of many harmless ones, `torch.${name}` may be torch.hub.load.
        runs = any(one.startswith(begin) or begin.startswith(f"{one}.") for one in _ALL_THAT_RUN)
        if "." not in begin or is_of_python(begin.partition(".")[0]) or runs or self._has_system:
            return "calls what is put together, so that nobody sees what it is"
        return _wrong(begin)


def _is_of_system(name: str) -> bool:
    """Whether a name goes through a module of the system; what only names paths does not."""
    parts = name.split(".")
    return not OF_THE_SYSTEM.isdisjoint(parts[2:] if parts[:2] == ["os", "path"] else parts)


def _wrong(name: str) -> str:
    """Why a configuration must not call this; '' when it may."""
    name = name.strip()
    module, _, last = name.rpartition(".")
    if not is_of_python(module) and _is_of_system(name):
        return "calls a module of the system by way of another one"
    if is_of_python(module):
        verdict, why = of_global(module, last)
        return why if verdict == UNSAFE else ""
    runs = any(name == one or name.startswith(f"{one}.") for one in _RUN_CODE)
    return "calls what runs code" if runs or name in _RUN_CODE_TOO else ""
