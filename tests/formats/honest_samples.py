"""Samples of what libraries write and was refused once, each beside an attack of its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.formats.assemble import CALL, call, named, pickled, text

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_UNKNOWN = named("my_package", "swish")
_PARTIAL = named("functools", "partial")
_CHECK = named("sklearn.utils.validation", "check_array")
#: An entry of a state with a function that nobody knows.
_STATE = b"}" + text("utcoffset") + _UNKNOWN + b"sb"


def honest() -> Samples:
    """Verdict and content by the name of the file."""
    return (
        _times() | _texts() | _plain_texts() | _names() | _caches() | _hooks() | _numbers()
        | _joblib()
    )  # fmt: skip


def _method(owner: bytes, name: str) -> bytes:
    return named("builtins", "getattr") + b"(" + owner + text(name) + b"tR"


def _times() -> Samples:
    zone = call("pytz", "_p", "Europe/Berlin")
    fixed = named("pytz", "FixedOffset") + b"K\x3c\x85R"
    return {
        "pytz.pkl": ("ok", pickled(zone)),
        "utc-of-pytz.pkl": ("ok", pickled(call("pytz", "_UTC"))),
        "fixed-of-pytz.pkl": ("ok", pickled(fixed)),
        "dateutil.pkl": ("ok", pickled(call("dateutil.tz.tz", "tzutc"))),
        "not-a-time.pkl": (
            "ok", pickled(named("pandas._libs.tslibs.nattype", "__nat_unpickle") + b"N\x85R"),
        ),
        # All of the program that loads has the same ones.
        "changes-pytz.pkl": ("unsafe", pickled(zone + _STATE)),
        "changes-utc.pkl": ("unsafe", pickled(call("pytz", "_UTC") + _STATE)),
        "changes-fixed.pkl": ("unsafe", pickled(fixed + _STATE)),
        "changes-dateutil.pkl": ("unsafe", pickled(call("dateutil.tz.tz", "tzutc") + _STATE)),
        "file-of-dateutil.pkl": ("unsafe", pickled(call("dateutil.tz.tz", "tzfile", "/etc/x"))),
    }  # fmt: skip


def _texts() -> Samples:
    kind = call("pyarrow.lib", "type_for_alias", "string")
    buffer = named("pyarrow.lib", "py_buffer") + b"C\x02ab\x85R"
    array = named("pyarrow.lib", "_restore_array") + b"(" + kind
    array += b"K\x01K\x00K\x00](N" + buffer + b"eNNt\x85R"
    chunked = named("pyarrow.lib", "chunked_array") + b"(](" + array + b"e" + kind + b"tR"
    strings = named("builtins", "str")
    return {
        "pyarrow.pkl": ("ok", pickled(chunked, 3)),
        "map-of-pyarrow.pkl": ("unsafe", pickled(call("pyarrow.lib", "memory_map", "/etc/x"))),
        "file-of-pyarrow.pkl": ("unsafe", pickled(call("pyarrow.lib", "OSFile.open", "x"), 4)),
        "lower.pkl": ("ok", pickled(_method(strings, "lower"))),
        "split.pkl": ("ok", pickled(_method(strings, "split"))),
        "format.pkl": ("unsafe", pickled(_method(strings, "format"))),
        "encode.pkl": ("unsafe", pickled(_method(strings, "encode"))),
        "lower-called.pkl": ("unsafe", pickled(_method(_UNKNOWN, "lower") + b"(NtR")),
        "item.pkl": ("ok", pickled(named("operator", "itemgetter") + b"K\0\x85R")),
        "item-called.pkl": ("unsafe", pickled(named("operator", "itemgetter") + b"K\0\x85R(NtR")),
    }


def _plain_texts() -> Samples:
    """What begins as a pickle without a mark does, and names a module that none can be called."""
    return {
        "label.md": ("ok", b"(imitation)=\n\n# Imitation\n"),
        "columns.csv": ("ok", b"const,first,second\n1,2,3\n(tR.\n"),
        "context.R": ("ok", b"context('helpers')\n\n(tR.\nlibrary(x)\n"),
        "label.pkl": ("broken", b"(imitation)=\n\n# Imitation\n"),
        # A row of pickles, the last of which runs something, and words that look like the first.
        "row.bin": ("unsafe", b"I1\n.K\x02.\x80\x02}." + pickled(CALL)),
        "row-without-marks.bin": ("unsafe", b"I1\n.K\x02.cos\nsystem\n(S'true'\ntR."),
        "number.txt": ("ok", b"I1\n.I am a text.\n"),
        # `__import__` takes these: a file of that name may lie anywhere.
        "dash.md": ("unsafe", b"(imy-module\nrun\n."),
        "digit.md": ("unsafe", b"c3d.tools\nrun\n(tR."),
    }


def _names() -> Samples:
    def of(module: str, name: str) -> bytes:
        return pickled(named(module, name, 4), 4)

    return {
        # `types` and `modules` are names of packages as well.
        "class-in-types.pkl": ("warn", of("formulaic.parser.types.factor", "Factor.Kind")),
        "types-in-class.pkl": ("unsafe", of("formulaic.parser", "Factor.types.FunctionType")),
        "modules-in-name.pkl": ("unsafe", of("my_package.helpers", "sys.modules")),
        "hidden-in-module.pkl": ("unsafe", of("my_package.__init__", "Factor.Kind")),
        "process-of-numbers.pkl": (
            "warn", of("statsmodels.tsa.deterministic", "DeterministicProcess"),
        ),
        "binning.pkl": ("warn", of("optbinning.binning.binning_process", "BinningProcess")),
        "process.pkl": ("unsafe", of("my_package.tools", "WorkerProcess")),
        "plain-process.pkl": ("unsafe", of("my_package.tools", "Process")),
        "forked.pkl": ("unsafe", of("my_package.tools", "ForkServerProcess")),
        "not-memorized.pkl": ("warn", of("joblib.memory", "NotMemorizedFunc")),
        # How forests of histograms check their columns, where some have categories.
        "check-array.pkl": ("ok", pickled(_PARTIAL + _CHECK + b"\x85R(" + _CHECK + b")}NtbN0")),
        "check-array-called.pkl": (
            "unsafe",
            pickled(_CHECK + named("argparse", "Namespace") + b")R}" + text("__array__") + _UNKNOWN
            + b"sb\x85R"),
        ),
        "letter-of-blas.pkl": (
            "ok", pickled(call("statsmodels.tsa.statespace._representation", "dStatespace")),
        ),
        "no-letter-of-blas.pkl": (
            "unsafe", pickled(call("statsmodels.tsa.statespace._representation", "download")),
        ),
        "metric.pkl": (
            "ok",
            pickled(named("hdbscan.dist_metrics", "newObj")
                    + named("hdbscan.dist_metrics", "EuclideanDistance") + b"\x85R"),
        ),
        "metric-of-a-function.pkl": (
            "unsafe", pickled(named("hdbscan.dist_metrics", "newObj") + _UNKNOWN + b"\x85R"),
        ),
    }  # fmt: skip


def _hooks() -> Samples:
    kernel = named("gpytorch.kernels.rbf_kernel", "RBFKernel") + b")\x81"
    hook = _method(kernel, "_load_state_hook_ignore_shapes")
    lazy = named("torch.nn.modules.linear", "LazyLinear") + b")\x81"
    return {
        "hook.pkl": ("warn", pickled(hook)),
        "lazy.pkl": ("warn", pickled(_method(lazy, "_lazy_load_hook"))),
        "no-hook.pkl": ("unsafe", pickled(_method(kernel, "_load_state_ignore_shapes"))),
        "hook-called.pkl": ("unsafe", pickled(hook + b"(NtR")),
        "hook-of-python.pkl": ("unsafe", pickled(named("sys", "excepthook.load_hook", 4), 4)),
        "hook-of-a-module.pkl": ("unsafe", pickled(named("my_package", "load_hook"))),
    }


def _memory(location: bytes, *, new: bytes = b")\x81", keys: bytes = b"") -> bytes:
    """joblib's cache of results, in a folder or nowhere."""
    state = b"}(" + text("location") + location + text("store_backend") + b"N" + keys + b"ub"
    return pickled(named("joblib.memory", "Memory") + new + state)


def _caches() -> Samples:
    many = b"".join(text(f"a{number}") + b"N" for number in range(120))
    return {
        "no-cache.pkl": ("ok", _memory(b"N")),
        "cache-in-a-folder.pkl": ("unsafe", _memory(text("pretrained_model/x"))),
        "cache-by-arguments.pkl": ("unsafe", _memory(b"N", new=b"(" + text("x") + b"tR")),
        "cache-of-many.pkl": ("unsafe", _memory(b"N", keys=many + text("location") + text("x"))),
        "cache-that-is-kept.pkl": ("unsafe", pickled(named("joblib.memory", "Memory"))),
        "cache-of-a-file.pkl": ("unsafe", pickled(call("joblib.memory", "MemorizedResult", "x"))),
    }


def _numbers() -> Samples:
    polynomial = named("numpy", "poly1d") + b")\x81}b"
    return {
        "polynomial.pkl": ("ok", pickled(polynomial)),
        "endless-polynomial.pkl": (
            "unsafe", pickled(named("numpy", "poly1d") + b"K\x01\x85RJ\xff\xff\xff\x7fK\x01s"),
        ),
    }  # fmt: skip


def array(body: bytes, dtype: bytes, *, is_aligned: bool = True, shape: int = 3) -> bytes:
    """The opcodes of an array of joblib, with its numbers."""
    state = b"}(" + text("shape") + b"K" + bytes((shape,)) + b"\x85" + text("dtype") + dtype
    if is_aligned:
        state += text("numpy_array_alignment_bytes") + b"K\x10"
    wrapper = named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + state + b"ub"
    return wrapper + (b"\x01\xff" if is_aligned else b"") + body


_DOUBLES = (
    named("numpy", "dtype") + b"(" + text("f8") + b"\x89\x88tR(K\x03" + text("<")
    + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)  # fmt: skip
_OBJECTS = _DOUBLES.replace(text("f8"), text("O8")).replace(b"K\x00tb", b"K\x3ftb")
_STRINGS = named("numpy._core._internal", "_convert_to_stringdtype_kwargs") + b"\x88\x85R"
_THREE = b"\0\0\0\0\0\0\xf0?" * 3


def _joblib() -> Samples:
    # More than the streams and the calls that are followed in another pickle (1000).
    many = b"](" + array(_THREE, _DOUBLES) * 1100
    old = b"](" + array(_THREE, _DOUBLES, is_aligned=False) * 1100
    objects = array(pickled(b"N"), _OBJECTS, is_aligned=False)
    hidden = array(pickled(CALL), _OBJECTS, is_aligned=False)
    strings = array(pickled(b"N"), _STRINGS, is_aligned=False)
    space = named("argparse", "Namespace") + b")R}" + text("a")
    nothing = array(b"", _DOUBLES, is_aligned=False, shape=0)
    as_opcodes = array(b"sb" + bytes(6), _DOUBLES, is_aligned=False, shape=1)
    hidden_strings = array(pickled(CALL), _STRINGS, is_aligned=False)
    return {
        # A forest has several arrays for each tree.
        "forest.joblib": ("ok", pickled(many + b"e")),
        "call-behind-a-forest.joblib": ("unsafe", pickled(many + CALL + b"e")),
        "call-in-a-forest.joblib": ("unsafe", pickled(many + CALL + many[2:] + b"e")),
        "old-forest.joblib": ("ok", pickled(old + b"e")),
        "objects-behind-a-forest.joblib": ("ok", pickled(many + objects + b"e")),
        "call-in-objects-behind.joblib": ("unsafe", pickled(many + hidden + b"e")),
        # What another reader would do at numbers leaves no trace.
        "array-of-nothing.joblib": ("ok", pickled(space + nothing + b"sb")),
        "numbers-like-opcodes.joblib": ("ok", pickled(space + as_opcodes + b"sb")),
        "state-twice-behind.joblib": (
            "unsafe",
            pickled(space + as_opcodes + b"sb}" + text("a") + _UNKNOWN + b"sb"),
        ),
        "call-behind-nothing.joblib": ("unsafe", pickled(space + nothing + b"s" + CALL + b"0b")),
        "strings.joblib": ("ok", pickled(strings)),
        "call-in-strings.joblib": ("unsafe", pickled(hidden_strings)),
    }
