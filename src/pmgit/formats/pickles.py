"""Pickles: raw ones, those of joblib, and checkpoints of torch before its zip format."""

from __future__ import annotations

from pmgit.formats import behind, given_states, scipy_distributions, storages
from pmgit.formats.joblib_arrays import Arrays, is_wrapper
from pmgit.formats.names import JOBLIB, PICKLE, TORCH_CHECKPOINT
from pmgit.formats.opcodes import walk
from pmgit.formats.opinion import (
    BROKEN,
    MOST_FINDINGS,
    OK,
    UNKNOWN,
    UNSAFE,
    WARN,
    FileFinding,
    Opinion,
    opinion,
    short,
)  # fmt: skip
from pmgit.formats.pickle_values import (
    CHANGED,
    COMPUTED,
    ELSEWHERE,
    ENDLESS,
    FRAMES,
    HAND_OUT,
    MAKE_GENERATORS,
    WRONG_ARGUMENTS,
    WRONG_STATE,
    ByteRange,
    GlobalName,
    Hidden,
    Made,
    PickleStream,
    TextRange,
)
from pmgit.formats.policy import is_made_empty, of_global
from pmgit.formats.reader import BytesReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader


#: The number that begins every checkpoint of torch before its zip format (torch 1.6).
MAGIC = 0x1950A86A20F9469CFC6C
#: What stands behind it.
_VERSION = 1001
#: Its pickles: that number, the version, the system, the object, the keys of the storages.
LEGACY_STREAMS = 5
#: More streams in one file than anybody writes on purpose.
_MOST_STREAMS = 1000
#: Encodings in which numpy and torch write bytes as text for protocol 2.
_PLAIN_CODECS = frozenset(("latin1", "latin-1", "utf-8", "utf8", "ascii", "utf-16"))
#: What a call makes for a number, it makes in memory.
_MOST_BYTES = 1 << 28
#: The steps for a file of another format; a pickle that it is too goes on after these too.
_OTHER_STEPS = 100_000

#: Functions that are allowed and call what they are given, wherever it stands in that.
_CALL_THEIRS = frozenset(("_rebuild_from_type", "_rebuild_from_type_v2"))
#: What makes as much as a number says that it is given.
_MAKE_ROOM = frozenset(("ndarray", "_reconstruct", "Fraction"))
_COMPUTED_NAMES = frozenset((
    ("builtins", "getattr"), ("__builtin__", "getattr"),
    ("numpy.core", "_ufunc_reconstruct"), ("numpy._core", "_ufunc_reconstruct"),
))  # fmt: skip
#: numpy's maker of a generator that has no state yet.
_GENERATORS = (("numpy.random._pickle", "__bit_generator_ctor"),)
_FROM_BYTES = ("torch.storage", "_load_from_bytes")
_TYPE = (("builtins", "type"), ("__builtin__", "type"))
_TAKE_ALL = frozenset((
    "list", "tuple", "set", "frozenset", "bytes", "bytearray", "deque", "Counter", "OrderedDict",
    "dict", "array",
))  # fmt: skip


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:
    """Whether this is a pickle: by its mark, or because it can be followed as one.

    Protocols 0 and 1 have no mark. A text may name a global by chance, but then it does not end
    as a pickle does, and calls nothing.
    """
    if head[:1] == b"\x80" and len(head) > 2 and head[1] <= 5:
        return head[1] >= 2 or _is_followed(reader, caps)
    return head[:1] in _FIRST and _is_followed(reader, caps)


#: Opcodes with which a pickle can begin that has no mark: those that take nothing from the stack.
_FIRST = frozenset(
    bytes((code,))
    for code in b"()BCFGIJKLMNPSTUVX]c}\x80\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97"
)


def runs_something(head: bytes, reader: Reader, caps: Caps) -> bool:
    """Whether a file of another format calls something when it is loaded as a pickle."""
    if head[:1] not in _FIRST:
        return False
    stream = walk(reader, 0, caps.apart(_OTHER_STEPS))
    if stream.calls_a_global or stream.calls:
        return True
    # A number that stands for a global is an error where none is registered: the length of a
    # safetensors header may begin with that opcode.
    return any(kind in (COMPUTED, CHANGED) for kind, _, _ in stream.oddities)


def _is_followed(reader: Reader, caps: Caps) -> bool:
    stream = walk(reader, 0, caps)
    module = next(iter(stream.globals), ("_", ""))[0]
    if not stream.oddities and not _is_importable(module):
        return False  # Python stops there: `(page)=` of Markdown, `column,column` of a table
    if stream.calls_a_global or stream.in_frame:
        return True
    if any(kind == FRAMES for kind, _, _ in stream.oddities):
        return True
    whole = stream.end == reader.size or not reader.read(stream.end, 64).strip()
    if stream.fault or whole or stream.globals or stream.too_much:
        return not stream.fault
    return _is_row(reader, stream.end, caps)


def _is_row(reader: Reader, begin: int, caps: Caps) -> bool:
    """Whether there is one that has a mark or loads something behind a pickle of neither kind, or
    behind some more of these."""
    for _ in range(LEGACY_STREAMS - 1):
        if has_mark(reader, begin):
            return True
        if reader.read(begin, 1) not in _FIRST:
            return False
        stream = walk(reader, begin, caps)
        if stream.fault or stream.globals:
            return not stream.fault
        begin = stream.end
    return False


def _is_importable(module: str) -> bool:
    """Whether a module may have that name: `__import__` also takes `my-module` and `3d`."""
    return f"_{module}".replace(".", "_").replace("-", "_").isidentifier()


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge a file of one pickle or several, with what lies behind them."""
    findings: list[FileFinding] = []
    begin, streams = 0, 0
    kind = PICKLE
    while begin < reader.size:
        if streams and not _goes_on(reader, begin, caps):
            break
        arrays = Arrays(reader, caps)
        streams += 1
        lists_keys = kind == TORCH_CHECKPOINT and streams == LEGACY_STREAMS
        stream = walk(reader, begin, caps, arrays.behind, keeps=lists_keys)
        kind = JOBLIB if arrays.found else kind
        for one in (stream, *arrays.streams):
            findings += findings_of(one, reader, caps)
        for name in arrays.outside:
            text = "an array in a file elsewhere, which is loaded too"
            findings.append(FileFinding(UNSAFE, text, short(name)))
        for one in arrays.numbers:
            findings += [
                found for found in findings_of(one, reader, caps) if found.verdict == UNSAFE
            ]
        if stream.fault or stream.too_much:
            return opinion(kind, findings)
        begin = stream.end
        if streams == 1 and stream.value == MAGIC:
            kind = TORCH_CHECKPOINT
        if kind == TORCH_CHECKPOINT and streams == 2 and stream.value != _VERSION:
            text = f"a version of its format that torch does not read: {_VERSION} is known"
            findings.append(FileFinding(BROKEN, text, offset=stream.begin))
        if kind == TORCH_CHECKPOINT and streams == LEGACY_STREAMS - 1:
            expected = storages.sizes(stream)
        if kind == TORCH_CHECKPOINT and streams == LEGACY_STREAMS:
            findings += _behind(reader, begin, expected, stream.value, caps)
            return opinion(kind, findings)
        if streams > _MOST_STREAMS:
            findings.append(FileFinding(UNKNOWN, f"more than {_MOST_STREAMS:,} pickles in a row"))
            return opinion(kind, findings)
    if kind == TORCH_CHECKPOINT:
        findings.append(FileFinding(BROKEN, "it ends before its tensors", offset=reader.size))
    elif begin < reader.size:
        # Where an array of joblib has no place, its bytes are what is left.
        is_known = all(one.verdict != UNKNOWN for one in findings)
        found = _behind_pickles(reader, begin, caps)
        findings += [one for one in found if is_known or one.verdict == UNSAFE]
    return opinion(kind, findings)


def has_mark(reader: Reader, begin: int) -> bool:
    """Whether a pickle of protocol 2 or later begins here, by its mark."""
    head = reader.read(begin, 2)
    return head[:1] == b"\x80" and head[1:] in (b"\x02", b"\x03", b"\x04", b"\x05")


def _goes_on(reader: Reader, begin: int, caps: Caps) -> bool:
    """Whether another pickle begins here."""
    if has_mark(reader, begin):
        return True
    return reader.read(begin, 1) in _FIRST and _is_followed(reader.part(begin, reader.size), caps)


def _behind_pickles(reader: Reader, begin: int, caps: Caps) -> list[FileFinding]:
    """What is wrong with what is no pickle behind the last one: an array of numpy is written
    there on purpose; of an archive some readers open the one, some the other."""
    if reader.read(begin, 6) == b"\x93NUMPY":
        return list(caps.inside(reader.part(begin, reader.size), "").findings)
    found = behind.findings(reader, begin, caps, "the pickle")
    if len(found) == 1 and found[0].verdict == WARN:
        return []  # line ends, as of protocol 0, and padding
    inside = caps.inside(reader.part(begin, reader.size), "")
    if inside.kind.startswith("zip") or inside.kind.endswith("archive"):
        return [FileFinding(UNSAFE, "an archive behind the pickle: two files in one", offset=begin)]
    return found


def _behind(
    reader: Reader, begin: int, expected: dict[str, int | None], keys: Any, caps: Caps
) -> list[FileFinding]:
    """What is wrong with the storages behind the pickles: they are listed by their `keys`, and each
    has the number of its elements before it. Another checkpoint may follow."""
    if None in expected.values():
        return []
    listed = [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
    if sorted(listed) != sorted(expected):
        text = "the storages that it lists are not those that it needs"
        return [FileFinding(BROKEN, text, offset=begin)]
    end = begin
    for key in listed:
        caps.step(2)
        size = expected[key] or 0
        count = int.from_bytes(reader.read(end, 8), "little")
        end += 8 + size
        if end > reader.size:
            text = f"the tensor {short(key)} ends {end - reader.size:,} bytes after the file"
            return [FileFinding(BROKEN, text, offset=reader.size)]
        if size % (count or 1) or (size == 0) != (count == 0) or size > 16 * count:
            text = f"the tensor {short(key)} has {count:,} elements by its own header"
            return [FileFinding(BROKEN, text, offset=end - size - 8)]
    if has_mark(reader, end):
        return list(caps.inside(reader.part(end, reader.size), "").findings)
    return behind.findings(reader, end, caps, "its tensors")


# --- what a stream does


def findings_of(
    stream: PickleStream,
    reader: Reader,
    caps: Caps,
    *,
    is_script: bool = False,
    is_archived: bool = False,
) -> list[FileFinding]:
    """What speaks against a stream. `is_script`: of a TorchScript archive, whose own classes
    (`__torch__…`) are no modules of Python. `is_archived`: the object of an archive of torch, for
    which torch looks up storages and nothing else."""
    found = []
    if stream.fault:
        found.append(FileFinding(BROKEN, f"a broken pickle: {stream.fault}", offset=stream.end))
    if stream.too_much:
        found.append(FileFinding(UNKNOWN, f"a pickle with {stream.too_much}", offset=stream.end))
    called = {_key(callee) for callee, _, _ in stream.calls}
    passes_on = any(one.called and one.name in _CALL_THEIRS for one in stream.globals.values())
    if not MAKE_GENERATORS.isdisjoint(name for _, name in called):
        passes_on |= any(_calls_made(callee, args) for callee, args, _ in stream.calls)
    for key, named in stream.globals.items():
        if is_script and named.module.split(".")[0] == "__torch__":
            continue
        is_judged = key in _COMPUTED_NAMES or key == _FROM_BYTES or key in _TYPE
        is_judged |= given_states.is_judged(*key)
        if is_judged and key in called and named.uses <= 0:
            continue  # by what it is called with
        if is_wrapper(named) and named.uses > 0:
            text = "an array of joblib whose place cannot be made out"
            found.append(FileFinding(UNKNOWN, text, offset=named.offset))
        is_called = named.called or passes_on or bool(stream.fault)
        if (named.is_called_later or passes_on) and is_made_empty(named.module, named.name):
            found.append(_of_oddity(WRONG_ARGUMENTS, str(named), named.offset))
        if passes_on and key in HAND_OUT:
            text = "calls a function that no weights need"
            found.append(FileFinding(UNSAFE, text, short(str(named)), named.offset))
        found += _of_global(named.module, named.name, named.offset, called=is_called)
    calls_made = passes_on or any(isinstance(callee, Made) for callee, _, _ in stream.calls)
    calls_made |= any(stream.globals[key].is_called_later for key in called & _COMPUTED_NAMES)
    for callee, args, offset in stream.calls:
        if len(found) > MOST_FINDINGS and found[-1].verdict == UNSAFE:
            break  # it is no worse for more of them
        found += _of_call(callee, args, offset, reader, caps, calls_made=calls_made)
    most = len(found) + MOST_FINDINGS
    for identity, offset in stream.persistent:
        if len(found) > most:
            break
        if storages.is_storage(identity):
            if storages.is_unknown(identity):
                text = "numbers of a type that torch does not have"
                found.append(FileFinding(BROKEN, text, short(str(identity[1])), offset))
            continue
        is_module = isinstance(identity, tuple) and identity[:1] == ("module",)
        if is_archived:
            text = "refers to something that is no storage"
            found.append(FileFinding(BROKEN, text, offset=offset))
        elif not is_module:
            found.append(FileFinding(WARN, "refers to something beside the file", offset=offset))
    if any(storages.is_beyond(args) for args in stream.tensors):
        found.append(FileFinding(BROKEN, "a tensor that is larger than its storage"))
    for kind, what, offset in stream.oddities:
        found.append(_of_oddity(kind, what, offset))
    return found


def _calls_made(callee: Any, args: Any) -> bool:
    """Whether a function of numpy that calls what makes a generator of random numbers gets
    something that the stream has made, and that is no such generator."""
    if not isinstance(callee, GlobalName) or callee.name not in MAKE_GENERATORS:
        return False
    if not isinstance(args, tuple):
        return True
    made = [one for one in args if not isinstance(one, str | GlobalName)]
    return not all(isinstance(one, Made) and _key(one.callee) in _GENERATORS for one in made)


def _key(callee: Any) -> tuple[str, str]:
    return (callee.module, callee.name) if isinstance(callee, GlobalName) else ("", "")


def _of_global(module: str, name: str, offset: int, *, called: bool = True) -> list[FileFinding]:
    verdict, why = of_global(module, name, called=called)
    evidence = short(f"{module}.{name}")
    return [] if verdict == OK else [FileFinding(verdict, why, evidence, offset)]


def _of_oddity(kind: str, what: str, offset: int) -> FileFinding:
    if kind == COMPUTED:
        return FileFinding(UNSAFE, "loads what nobody can read from it", what, offset)
    if kind == FRAMES:
        text = "hides opcodes: what is read there depends on the reader"
        return FileFinding(UNSAFE, text, what, offset)
    if kind == ELSEWHERE:
        return FileFinding(BROKEN, "needs what is kept elsewhere", what, offset)
    if kind == ENDLESS:
        return FileFinding(UNSAFE, "asks for more than any machine has", what, offset)
    if kind == WRONG_STATE:
        text = "gets a state with which it can run code"
        return FileFinding(UNSAFE, text, short(what), offset)
    if kind == WRONG_ARGUMENTS:
        text = "makes an object with what it reads or works on"
        return FileFinding(UNSAFE, text, short(what), offset)
    if kind == CHANGED:
        text = "changes something of the program that loads it"
        return FileFinding(UNSAFE, text, short(what), offset)
    return FileFinding(UNKNOWN, "a global that stands in the program that loads it", what, offset)


def _of_call(
    callee: Any, args: Any, offset: int, reader: Reader, caps: Caps, *, calls_made: bool
) -> list[FileFinding]:
    """What is wrong with one call, beside what is wrong with the name of what is called.
    `calls_made`: what calls make is called in the stream, too."""
    key = _key(callee)
    if key[1].endswith(given_states.ENDINGS) and given_states.is_judged(*key):
        return [] if args == () else _of_global(*key, offset)
    if not isinstance(args, tuple) and key[1]:
        if isinstance(args, Made | Hidden) and key[1] in _TAKE_ALL | _MAKE_ROOM:
            text = "calls with what nobody can read from it"
            return [FileFinding(UNSAFE, text, str(callee), offset)]
        args = ()
    if key in _COMPUTED_NAMES:
        if len(args) == 2 and not calls_made and scipy_distributions.is_own_method(*args):
            return []
        target = _computed(key, args)
        if target is None:
            text = "loads what nobody can read from it"
            return [FileFinding(UNSAFE, text, short(".".join(key)), offset)]
        return _of_global(*target, offset, called=calls_made)
    if key == _FROM_BYTES:
        return _of_bytes(args, offset, reader, caps)
    if key in _TYPE:
        alone = len(args) == 1
        return [] if alone else _of_global(*key, offset)
    if isinstance(callee, Made):
        if _key(callee.callee) in _COMPUTED_NAMES:
            return []  # judged where its name was worked out
        return [FileFinding(UNSAFE, "calls what it has made itself", offset=offset)]
    if not isinstance(callee, GlobalName):
        return [FileFinding(UNSAFE, "calls what is no function", offset=offset)]
    if key in HAND_OUT:
        return [FileFinding(UNSAFE, "calls a function that no weights need", str(callee), offset)]
    if callee.name == "encode" and args[1:2] and args[1] not in _PLAIN_CODECS:
        return [FileFinding(UNSAFE, "hides a text", short(str(args[1])), offset)]
    if _asks_for(callee, args) > _MOST_BYTES:
        return [FileFinding(UNSAFE, "asks for more memory than it is large", str(callee), offset)]
    return []


def _computed(key: tuple[str, str], args: tuple[Any, ...]) -> tuple[str, str] | None:
    """The global that a call looks up: `getattr(Net, 'run')` names Net.run."""
    if len(args) != 2 or not isinstance(args[1], str):
        return None
    owner, name = args
    if key[1] == "getattr":
        if isinstance(owner, GlobalName):
            return owner.module, f"{owner.name}.{name}"
        if isinstance(owner, Made) and isinstance(owner.callee, GlobalName):
            return owner.callee.module, f"{owner.callee.name}.{name}"
        return None
    return (owner, name) if isinstance(owner, str) else None


def _of_bytes(args: tuple[Any, ...], offset: int, reader: Reader, caps: Caps) -> list[FileFinding]:
    """What is wrong with a checkpoint in a checkpoint, which torch loads as it loads a file."""
    content = _content_of(args[0], reader, caps) if len(args) == 1 else None
    if content is None:
        return [FileFinding(UNSAFE, "loads what nobody can read from it", offset=offset)]
    inside = caps.inside(content, "")
    # Storages are in it, and no functions that the stream around it might call.
    return [
        FileFinding(
            UNSAFE if one.verdict == WARN else one.verdict,
            one.message,
            one.evidence,
            offset,
            one.where,
        )
        for one in inside.findings
    ]


def _content_of(value: Any, reader: Reader, caps: Caps) -> Reader | None:
    """Bytes that a stream gives to a call; None where they are worked out. Protocols 0 to 2 have no
    bytes: in them they are a text, and `_codecs.encode(text, 'latin1')`."""
    if isinstance(value, Made) and _key(value.callee) == ("_codecs", "encode"):
        text, codec = value.args if isinstance(value.args, tuple) and len(value.args) == 2 else "  "
        if isinstance(text, TextRange) and codec in ("latin1", "latin-1"):
            caps.reading(4 * text.length)
            try:
                raw = reader.read(text.offset, text.length).decode(text.codec)
                return BytesReader(raw.encode("latin1"))
            except UnicodeError:
                return None
    plain = isinstance(value, ByteRange) and not isinstance(value, TextRange)
    return reader.part(value.offset, value.length) if plain else None


def _asks_for(callee: GlobalName, args: tuple[Any, ...]) -> int:
    """The items that a call makes of numbers alone."""
    if not args:
        return 0
    first = args[0]
    if callee.name in ("bytes", "bytearray") and type(first) is int:
        return first
    if callee.name == "Fraction":  # which writes out all digits of 1e999999999
        text = first.lower() if isinstance(first, str) else ""
        digits = text.partition("e")[2].strip("+-_ ")
        return int(digits) if digits.isdigit() and len(digits) < 20 else 0
    for made in args:
        key = _key(made.callee) if isinstance(made, Made) and callee.name in _TAKE_ALL else None
        if key == ("itertools", "count"):
            return _MOST_BYTES + 1
        if key and key[1] == "range":
            numbers = made.args if isinstance(made.args, tuple) else ()
            return max((abs(n) for n in numbers if type(n) is int), default=0)
    if callee.name.endswith(("Storage", "Tensor")):
        return _product(args)
    shape = args[0] if callee.name == "ndarray" else args[1] if len(args) > 1 else None
    if callee.name in ("ndarray", "_reconstruct") and isinstance(shape, tuple):
        return _product(shape)
    return 0


def _product(sizes: tuple[Any, ...]) -> int:
    count = 1
    for size in sizes[:64]:
        count *= size if type(size) is int else 1
    return abs(count)
