"""Samples of functions that a pickle keeps: where something else calls them, and where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.formats.assemble import call, legacy, named, pickled, text, zipped

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_NEW = b")\x81"
_UNKNOWN = named("my_package", "swish")
_PARTIAL = named("functools", "partial")
#: A function with its arguments: whatever calls it runs them.
_KEPT = _PARTIAL + _UNKNOWN + text("x") + b"\x86R"
_ABS = named("numpy", "abs")


def _thing(**attributes: bytes) -> bytes:
    """An object with these attributes, which may have the names of methods."""
    items = b"".join(text(name) + value for name, value in attributes.items())
    return named("argparse", "Namespace") + b")R}(" + items + b"ub"


def _new(module: str, name: str, **state: bytes) -> bytes:
    """An object of a class with this state."""
    items = b"".join(text(key) + value for key, value in state.items())
    return named(module, name) + _NEW + b"}(" + items + b"ub"


def _attribute_of(owner: bytes, name: str) -> bytes:
    return named("builtins", "getattr") + b"(" + owner + text(name) + b"tR"


_ARRAY = _thing(__array__=_KEPT)
_TO_FILE = (
    _PARTIAL + _attribute_of(named("numpy", "ndarray") + b"K\1\x85\x85R", "tofile") + text("x")
    + b"\x86R"
)  # fmt: skip
_WRAPPER = named("joblib.numpy_pickle", "NumpyArrayWrapper") + _NEW
_EMPTY_ARRAY = (
    text("dtype") + named("numpy", "dtype") + text("f8") + b"K\0K\1\x87R" + text("shape")
    + b"K\0\x85"
)  # fmt: skip
_SCHEDULED = _new("torch.optim.sgd", "SGD", state=b"}", param_groups=b"]")


#: Formulas of statsmodels, which are worked out while they are loaded.
_FORMULAS = {
    "y ~ np.log(x) + C(group)": "warn",
    "y ~ x + open('a', 'w')": "unsafe",
    "y ~ x.apply(print)": "unsafe",
}


def _formula(formula: str) -> bytes:
    return _new(
        "statsmodels.base.data", "PandasData", formula=text(formula), restore_design_info=b"\x88"
    )


_EXP = named("numpy", "exp")
_CHECKPOINT = legacy(pickled(_ARRAY))


def _of_objects(one: bytes) -> bytes:
    """An array of joblib with this object in it, which is a pickle behind it."""
    kind = named("numpy", "dtype") + text("O8") + b"\x89\x88\x87R"
    made = (
        named("numpy.core.multiarray", "_reconstruct")
        + named("numpy", "ndarray")
        + b"K\0\x85C\1b\x87R(K\1K\1\x85"
        + kind
        + b"\x89]"
        + one
        + b"atb"
    )
    state = b"}(" + text("shape") + b"K\1\x85" + text("dtype") + kind + b"u"
    return _WRAPPER + state + b"b" + pickled(made, 3)


def _called() -> dict[str, bytes]:
    """What calls a function that it gets in some way."""
    missing = named("collections", "defaultdict") + _KEPT + b"\x85R"
    distances = b"](](K\1K\2e](K\3K\4ee" * 2
    persistent = (
        b"(" + text("storage") + named("torch", "FloatStorage") + text("0")
        + _thing(startswith=_KEPT) + b"K\1tQ"
    )  # fmt: skip
    return {
        "missing-key": (
            named("builtins", "dict") + named("collections", "ChainMap") + missing + b"}"
            + text("a") + b"K\1s\x86R\x85R"
        ),
        "array": _ABS + _ARRAY + b"\x85R",
        "keys": named("builtins", "dict") + _thing(keys=_KEPT) + b"\x85R",
        "pairs": (
            named("collections", "OrderedDict") + b"]"
            + _new("torch.nn.modules.container", "Sequential", _modules=_thing(values=_KEPT))
            + b"a\x85R"
        ),
        "method-of-a-text": named("uuid", "UUID") + _thing(replace=_KEPT) + b"\x85R",
        "frozen": (
            named("scipy.stats._distn_infrastructure", "rv_frozen")
            + _thing(_updated_ctor_param=_KEPT) + b"\x85R"
        ),
        "schedule": (
            named("torch.optim.lr_scheduler", "LambdaLR") + _SCHEDULED + _KEPT + b"\x86R"
        ),
        "schedule-of-a-function": (
            named("torch.optim.lr_scheduler", "LambdaLR") + _SCHEDULED + _UNKNOWN + b"\x86R"
        ),
        "metric": (
            named("sklearn.metrics.pairwise", "paired_distances") + distances + _KEPT + b"\x87R"
        ),
        "state-that-is-no-dictionary": (
            named("sklearn.linear_model._base", "LinearRegression") + _NEW + _thing(pop=_KEPT)
            + b"b"
        ),
        "groups": _new(
            "torch.optim.adam", "Adam", state=b"}", defaults=b"}",
            param_groups=b"]" + _thing(setdefault=_KEPT) + b"a",
        ),
        "thresholds": _new(
            "sklearn.isotonic", "IsotonicRegression", X_thresholds_=_ARRAY, y_thresholds_=_ARRAY
        ),
        "loaded-later": _new(
            "gensim.models.word2vec", "Word2Vec", wv=_thing(_load_specials=_KEPT)
        ),
        "append": (
            named("sklearn.utils._bunch", "Bunch") + b")R" + text("append") + _KEPT + b"sK\1a"
        ),
        "key": b"}" + _new("pandas", "CategoricalDtype", categories=_thing(dtype=_KEPT)) + b"K\1s",
        "device": persistent,
        "attribute-of-a-partial": (
            _ABS + _PARTIAL + named("builtins", "len") + b"\x85R(" + named("builtins", "len")
            + b")}}" + text("__array__") + _KEPT + b"stb\x85R"
        ),
        "method-of-an-array": _ABS + _thing(__array__=_TO_FILE) + b"\x85R",
        "in-a-frozen-set": _ABS + b"(" + _UNKNOWN + b"\x91\x85R",
        "in-a-long-tuple": _ABS + b"(" + _KEPT + b"N" * 120 + b"t\x85R",
        "by-a-name": (
            named("my_package", "Thing") + b")}" + text("read") + _KEPT + b"s\x92" + b"q\1"
            + _ABS + b"h\1\x85R"
        ),
        # What was there before the first function, and got it later.
        "list-of-before": (
            b"]q\1}q\2a0" + named("argparse", "Namespace") + b")Rq\3h\2bh\2" + text("__array__")
            + _KEPT + b"s0" + _ABS + b"h\1\x85R"
        ),
        "dictionary-of-before": (
            b"}q\1K\1}q\2s0" + named("argparse", "Namespace") + b")Rq\3h\2bh\2"
            + text("__array__") + _KEPT + b"s0" + _ABS + b"h\1\x85R"
        ),
        "object-of-before": (
            named("collections", "deque") + b")Rq\1}q\2a0h\2" + text("a") + _KEPT + b"s0"
            + _ABS + b"h\1\x85R"
        ),
        "class-of-an-object": (
            named("builtins", "type") + named("argparse", "Namespace") + b")R\x85RN}"
            + text("a") + b"K\1s\x86b"
        ),
        "named-by-the-stream": (
            b"(" + text("module") + named("builtins", "getattr") + b"tq\1Q"
            + named("my_package", "Net") + text("run") + b"\x86R0h\1Q" + named("my_package", "Net")
            + text("run") + b"\x86R0" + _PARTIAL + named("builtins", "getattr") + b"\x85R"
        ),
    }  # fmt: skip


def _made_of_something() -> dict[str, bytes]:
    """Classes that read files, reach a network or work when they are made with arguments."""
    booster = named("xgboost.core", "Booster")
    return {
        "booster-of-a-file": booster + b"(})" + text("/etc/model.json") + b"tR",
        "booster-in-a-partial": (
            _ABS + _thing(__array__=_PARTIAL + b"(" + booster + b"})" + text("x") + b"tR")
            + b"\x85R"
        ),
        "booster-of-its-class": (
            _ABS
            + _thing(
                __array__=_PARTIAL + named("builtins", "type") + booster + _NEW + b"\x85R"
                + b"})" + text("x") + b"\x86\x86R"
            )
            + b"\x85R"
        ),
        "booster-again": (
            named("copyreg", "_reconstructor") + booster + booster + text("x") + b"\x87R"
        ),
        "words-of-a-file": named("gensim.models.word2vec", "Word2Vec") + b"(N" + text("x") + b"tR",
        "distributed": named("gensim.models.ldamodel", "LdaModel") + b"(NK\2}K\0" + text("a")
        + b"s\x88tR",
        "configuration-of-a-name": (
            named("transformers.models.detr.configuration_detr", "DetrConfig") + text("a/b")
            + b"\x85R"
        ),
        "automatic": named("transformers.models.auto.configuration_auto", "AutoConfig") + _NEW,
        "class-of-its-own": (
            named("sklearn.cluster._bicluster", "ABCMeta") + text("X") + b")}\x87R"
        ),
        "processes": named("sklearn.ensemble._forest", "Parallel") + b"K\2\x85R",
        "arguments-of-a-run": (
            named("transformers.training_args", "TrainingArguments") + text("x") + b"\x85R"
        ),
    }  # fmt: skip


def _kept() -> dict[str, bytes]:
    """What only keeps a function: as genuine files have it."""
    pandas = (
        named("pandas.core.indexes.base", "_new_Index") + named("pandas.core.indexes.base", "Index")
        + b"}" + text("data") + named("numpy.core.multiarray", "_reconstruct")
        + named("numpy", "ndarray") + b"K\0\x85C\1b\x87R(K\1K\1\x85" + named("numpy", "dtype")
        + text("O8") + b"\x89\x88\x87R\x89]" + text("a") + b"atbs\x86R"
    )  # fmt: skip
    transformer = _new(
        "sklearn.preprocessing._function_transformer", "FunctionTransformer", func=_UNKNOWN,
        inverse_func=_KEPT,
    )  # fmt: skip
    tree = (
        named("sklearn.tree._tree", "Tree")
        + b"K\1"
        + named("numpy.core.multiarray", "scalar")
        + named("numpy", "dtype")
        + text("i8")
        + b"\x89\x88\x87RC\x08"
        + bytes(8)
        + b"\x86RK\1\x87R"
    )
    return {
        "transformer": _new(
            "sklearn.pipeline", "Pipeline",
            steps=b"](" + text("a") + transformer + b"\x86" + text("b") + tree + b"\x86e",
        ),
        "index-behind": b"(" + transformer + pandas + b"t",
        "missing-keys": named("collections", "defaultdict") + _UNKNOWN + b"\x85R" + text("a")
        + _KEPT + b"s",
        "list": named("builtins", "list") + b"]" + _KEPT + b"a\x85R",
        "ordered": (
            named("collections", "OrderedDict") + b"](](" + text("a") + _KEPT + b"ee\x85R"
        ),
        "one-by-one": (
            named("collections", "OrderedDict") + b")R" + text("a") + _KEPT + b"s" + text("b")
            + _KEPT + b"s"
        ),
        "old-object": (
            named("copy_reg", "_reconstructor") + b"(" + named("my_package", "Model")
            + named("__builtin__", "object") + b"NtR}" + text("f") + _KEPT + b"sb"
        ),
        "pair": named("my_package", "Pair") + _UNKNOWN + _KEPT + b"\x86\x81",
        "hook": (
            _new(
                "torch.nn.modules.linear", "Linear",
                _forward_hooks=named("collections", "OrderedDict") + b")RK\1" + _KEPT + b"s",
            )
        ),
    }  # fmt: skip


def callers() -> Samples:
    """Verdict and content by the name of the file."""
    made = {**_called(), **_made_of_something()}
    return {
        **{f"called-{name}.pkl": ("unsafe", pickled(body, 4)) for name, body in made.items()},
        **{f"kept-{name}.pkl": ("warn", pickled(body, 4)) for name, body in _kept().items()},
        # torch.load looks for the constants of TorchScript in the folder of the first member only.
        "constants-elsewhere.pt": (
            "unsafe",
            zipped({
                "a/data.pkl": pickled(call("__torch__.a", "run", "x")),
                "a/version": b"3\n", "a/byteorder": b"little", "a/bytecode.pkl": pickled(b")"),
                "b/constants.pkl": pickled(b")"),
            }),
        ),
        "kept-old-booster.pkl": (
            "ok",
            pickled(
                named("copy_reg", "_reconstructor") + b"(" + named("xgboost.core", "Booster")
                + named("__builtin__", "object") + b"NtR}" + text("x")
                + _new("argparse", "Namespace", y=named("copy_reg", "_reconstructor") + b"("
                       + named("xgboost.core", "Booster") + named("__builtin__", "object") + b"NtR")
                + b"sb"
            ),
        ),
        "kept-new-booster.pkl": (
            "ok",
            pickled(
                _new("xgboost.sklearn", "XGBClassifier", _Booster=_new("xgboost.core", "Booster"))
            ),
        ),
        "called-in-an-array.joblib": (
            "unsafe", pickled(_EXP + _of_objects(_thing(exp=_KEPT)) + b"\x85R", 3),
        ),
        "kept-in-an-array.joblib": ("warn", pickled(_EXP + b"0" + _of_objects(_KEPT), 3)),
        "kept-in-bytes.pkl": (
            "unsafe",
            pickled(
                _ABS + named("torch.storage", "_load_from_bytes") + b"B"
                + len(_CHECKPOINT).to_bytes(4, "little") + _CHECKPOINT + b"\x85R\x85R", 4
            ),
        ),
        **{
            f"formula-{number}.pkl": (verdict, pickled(_formula(one)))
            for number, (one, verdict) in enumerate(_FORMULAS.items())
        },
        "formula-of-pairs.pkl": (
            "unsafe",
            pickled(
                named("copy_reg", "_reconstructor") + b"("
                + named("statsmodels.base.data", "PandasData")
                + named("__builtin__", "object") + b"NtR"
                + named("builtins", "dict")
                + b"](" + text("restore_model_spec") + b"\x88\x86" + text("formula") + text("f()")
                + b"\x86e\x85Rb"
            ),
        ),
        "called-read.joblib": (
            "unsafe", pickled(_WRAPPER + b"}(" + _EMPTY_ARRAY + text("read") + _KEPT + b"ub"),
        ),
        "array-of-two-states.joblib": (
            "unsafe",
            pickled(
                named("joblib.numpy_pickle_compat", "NDArrayWrapper") + _NEW + b"}"
                + text("filename") + text("/x.npy") + b"sN\x86b"
            ),
        ),
        "cache-in-a-folder.pkl": (
            "unsafe", pickled(_new("joblib.memory", "Memory", cachedir=text("/x"))),
        ),
        "bytes-by-a-name.pkl": (
            "unsafe",
            pickled(named("builtins", "bytes") + b")}" + text("source") + b"J\0\0\0\x7fs\x92", 4),
        ),
        "bytes-of-what-is-made.pkl": (
            "unsafe",
            pickled(
                named("builtins", "bytes") + named("builtins", "tuple") + b"]J\0\0\0\x7fa\x85RR"
            ),
        ),
    }  # fmt: skip
