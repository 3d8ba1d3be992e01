"""What stands for the values of a pickle while it is followed, and what one stream does."""

from __future__ import annotations

from pmgit.formats.fields import Fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


#: A name that is worked out by a call; something of the running program that is changed; a number
#: that stands for a global in the program that loads; what takes more time or memory than there is.
COMPUTED, CHANGED, EXTENSION, ENDLESS = "computed", "changed", "extension", "endless"
#: A state with which an object runs code.
WRONG_STATE = "wrong state"
#: What an object must not be made with.
WRONG_ARGUMENTS = "wrong arguments"
#: Bytes that the stream needs and does not have.
ELSEWHERE = "elsewhere"
#: Opcodes that readers take for different ones.
FRAMES = "frames"
#: Functions of numpy that call what they are given, to make a generator of random numbers.
MAKE_GENERATORS = frozenset(("__generator_ctor", "__bit_generator_ctor", "__randomstate_ctor"))
#: Functions that hand out what they get, which a stream only keeps: its own call of one would hide
#: what that is.
HAND_OUT = frozenset((
    ("gensim.models.tfidfmodel", "smartirs_normalize"),
    ("gensim.models.tfidfmodel", "smartirs_wglobal"),
    ("gensim.models.tfidfmodel", "smartirs_wlocal"),
    ("gensim.utils", "identity"),
))  # fmt: skip
#: What these make is not new: it is a part of the program that loads, or one of the objects that
#: they get. numpy's functions take those out of arrays (`max((Linear,))` is the class), or call
#: their methods.
GIVE_AWAY = frozenset((
    "getLogger", "FixedOffset", "_UTC", "_p", "tzoffset", "tzutc", "type", "getattr",
    "_ufunc_reconstruct",
    "scalar", "abs", "absolute", "add", "arccos", "arccosh", "arcsin", "arcsinh", "arctan",
    "arctan2", "arctanh", "cbrt", "ceil", "clip", "cos", "cosh", "exp", "exp2", "expm1", "fabs",
    "floor", "hypot", "log", "log10", "log1p", "log2", "logaddexp", "max", "maximum", "mean",
    "median", "min", "minimum", "multiply", "negative", "power", "prod", "reciprocal", "rint",
    "round", "sign", "sin", "sinh", "sqrt", "square", "std", "subtract", "sum", "tan", "tanh",
    "true_divide", "trunc", "var",
))  # fmt: skip
#: Functions of which it matters what they are called with, or that a stream calls them.
ARGUMENTS_MATTER = frozenset((
    *MAKE_GENERATORS, *(name for _, name in HAND_OUT),
    "getattr", "_ufunc_reconstruct", "_load_from_bytes", "type", "encode", "list", "tuple", "set",
    "frozenset", "bytes", "bytearray", "deque", "Counter", "OrderedDict", "dict", "array",
    "ndarray", "_reconstruct", "Fraction",
))  # fmt: skip


class Placeholder:
    """A value that decides nothing."""


ANY = Placeholder()


class OpenList(Placeholder):
    """A list or a set, which has no hash. `held` is what is in it and may hold functions, since
    there is one; `has_more`: something was put into it before, and nobody has kept what."""

    __slots__ = ("has_more", "held")

    def __init__(self, *, has_more: bool = False) -> None:
        self.held: list[Any] | None = None
        self.has_more = has_more


class Hidden(Placeholder):
    """A tuple or a frozen set, of which nobody knows what is in it."""

    __slots__ = ()


HIDDEN = Hidden()


class GlobalName(Fields):
    """A global that the stream names, and where it does first; equal by its name.

    `uses` counts how often it has been put on the stack and not been called from there: where any
    are left, it was handed to something else, which may call it. `called`: the stream calls it, or
    may; `is_called_later`: only something else does, or may, with what nobody sees. `is_kept`: a
    function that may be kept, but not called; `is_known`: pmgit knows it (None: nobody asked).
    """

    __slots__ = (
        "called", "is_called_later", "is_kept", "is_known", "module", "name", "offset", "uses",
    )  # fmt: skip

    def __init__(self, module: str, name: str, offset: int) -> None:
        self.module = module
        self.name = name
        self.offset = offset
        self.uses = 0
        self.called = self.is_called_later = self.is_kept = False
        self.is_known: bool | None = None

    def _values(self) -> tuple[str, str]:
        return self.module, self.name

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class ByteRange(Fields):
    """Bytes of the stream that are a value of it."""

    __slots__ = ("length", "offset")

    def __init__(self, offset: int, length: int) -> None:
        self.offset = offset
        self.length = length

    def _values(self) -> tuple[int, int]:
        return self.offset, self.length


class TextRange(ByteRange):
    """Text of the stream that is not kept, as UTF-8: it is no name, and may stand for bytes."""

    __slots__ = ()
    codec = "utf-8"


class EscapedRange(TextRange):
    """The same in a line of protocol 0, in which some characters are escaped."""

    __slots__ = ()
    codec = "raw-unicode-escape"


class Made:
    """What a call in the stream makes: by what, of what, and the state that is set on it.

    `items` is a Box or a Row of what is put into it, where values are kept; `held` is what of that
    may hold functions, since there is one; `has_more`: something was put into it before.
    """

    __slots__ = ("args", "callee", "has_more", "held", "items", "state")

    def __init__(self, callee: Any, args: Any) -> None:
        self.callee = callee
        self.args = args
        self.state: Any = None
        self.items: Any = None
        self.held: list[Any] | None = None
        self.has_more = False


class Persistent:
    """What stands for something that is kept beside the stream, by an id."""

    __slots__ = ("identity",)

    def __init__(self, identity: Any) -> None:
        self.identity = identity


class Box(dict[object, object]):
    """A dictionary: its first items with text as key; all, where values are kept.

    `is_partial`: it has more of them, or keys that are worked out while it is loaded. `held` is
    what is put into it that may hold functions, since there is one; `has_more`: it has items of
    before that were not kept.
    """

    __slots__ = ("has_more", "held", "is_partial")

    def __init__(self) -> None:
        self.is_partial = self.has_more = False
        self.held: list[Any] | None = None


class Row(list[object]):
    """A list or a set, where values are kept."""

    __slots__ = ()


class PickleStream:
    """What one stream does.

    `end` is where it ends, `value` what it leaves. `globals` are the names that it imports,
    `calls` what it calls, with what, and where: if that is no global, or one of ARGUMENTS_MATTER.
    `persistent` are ids of what lies beside it. `tensors` are what tensors are made of: a storage,
    where in it they begin, their shape, their strides.
    `oddities` are a kind (COMPUTED and the like), what it is about, and where. `fault`
    says why it cannot be read to its end (`in_frame`: a frame has not ended either), `too_much` why
    it was not; '' otherwise.
    """

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.end = 0
        self.value: Any = None
        self.globals: dict[tuple[str, str], GlobalName] = {}
        self.calls: list[tuple[Any, Any, int]] = []
        self.calls_a_global = False
        self.persistent: list[tuple[Any, int]] = []
        self.tensors: list[tuple[Any, ...]] = []
        self.oddities: list[tuple[str, str, int]] = []
        self.fault = ""
        self.in_frame = False
        self.too_much = ""


def keep(target: Any, items: list[Any], *, pairs: bool) -> None:
    """Put items into a list or a dictionary whose values are kept."""
    if isinstance(target, Made):
        if target.items is None:
            target.items = Box() if pairs else Row()
        target = target.items
    if pairs and isinstance(target, Box):
        for key, value in zip(items[::2], items[1::2], strict=False):
            plain = isinstance(key, str | int | float) or key is None
            target[key if plain else f"({len(target)})"] = value
    elif not pairs and isinstance(target, Row):
        target.extend(items)


#: What nothing can be put into, and what can be no key of a dictionary.
_CLOSED = (int, float, str, tuple, TextRange, type(None))
_NO_KEYS = frozenset((Box, OpenList))


def fault_of(target: Any, items: list[Any], *, pairs: bool) -> str:
    """Why Python cannot put items into something; '' where it can, or nobody knows."""
    if isinstance(target, _CLOSED) and items:
        return "it puts something into what is no container"
    if pairs and target.__class__ is Box and not _NO_KEYS.isdisjoint(map(type, items[::2])):
        return "a list or a dictionary as a key"
    return ""
