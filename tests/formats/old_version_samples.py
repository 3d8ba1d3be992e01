"""Samples under names that older versions of libraries wrote, each beside an attack of its shape.

What the classes do with their states was read in gensim 0.12 to 4.3, pandas 0.25, scikit-learn 0.19
to 1.6, hmmlearn 0.2 and 0.3, gym 0.7 to 0.26, gymnasium 0.28 and 1.0, stable-baselines3 1.0 to 2.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.formats.assemble import call, named, pickled, text

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_UNKNOWN = named("my_package", "swish")
_PLAIN = b"}" + text("count") + b"K\x01sb"
_WEIGHTS = "gensim.models.tfidfmodel"


def old_versions() -> Samples:
    """Verdict and content by the name of the file."""
    return _gensim() | _pandas() | _sklearn() | _agents() | _handed_out()


def _new(module: str, name: str, state: bytes = _PLAIN) -> bytes:
    """An object of a class, made without arguments, with its state."""
    return named(module, name) + b")\x81" + state


def _state(key: str, value: bytes) -> bytes:
    return b"}" + text(key) + value + b"sb"


def _gensim() -> Samples:
    scheme = b"}" + text("local_scheme") + text("n") + b"s"
    kept = named(_WEIGHTS, "smartirs_wlocal")
    partial = named("functools", "partial") + kept + b"\x85R(" + kept + b")" + scheme + b"Ntb"
    words = _state("vocab", b"}" + text("cat") + _new("gensim.models.word2vec", "Vocab") + b"s")
    tag = named("gensim.models.doc2vec", "Doctag") + b"K\x00K\x01K\x01\x87\x81"
    fasttext = "gensim.models.wrappers.fasttext"
    return {
        "gensim-words.pkl": ("ok", pickled(_new("gensim.models.word2vec", "Word2Vec", words))),
        "gensim-tag.pkl": ("ok", pickled(tag)),
        "gensim-vectors.pkl": (
            "ok", pickled(_new("gensim.models.keyedvectors", "EuclideanKeyedVectors")),
        ),
        "gensim-sslm.pkl": ("ok", pickled(_new("gensim.models.ldaseqmodel", "sslm"))),
        "gensim-wrapped.pkl": ("ok", pickled(_new(fasttext, "FastText"))),
        "gensim-weights.pkl": (
            "ok", pickled(_new(_WEIGHTS, "TfidfModel", _state("wlocal", partial))),
        ),
        "gensim-identity.pkl": (
            "ok",
            pickled(
                _new(_WEIGHTS, "TfidfModel", _state("wlocal", named("gensim.utils", "identity")))
            ),
        ),
        # It reads the file of this name, or works, when it is made with arguments.
        "gensim-file.pkl": ("unsafe", pickled(call("gensim.models.word2vec", "Word2Vec", "x"))),
        "gensim-wrapped-file.pkl": ("unsafe", pickled(call(fasttext, "FastText", "/etc/x"))),
        "gensim-sslm-made.pkl": ("unsafe", pickled(call("gensim.models.ldaseqmodel", "sslm", "x"))),
        # Other wrappers start the program that their state names.
        "gensim-program.pkl": (
            "unsafe", pickled(_new("gensim.models.wrappers.dtmmodel", "DtmModel")),
        ),
        "gensim-delete.pkl": (
            "unsafe", pickled(_new("gensim.models.wrappers.ldavowpalwabbit", "LdaVowpalWabbit")),
        ),
        "gensim-process.pkl": ("unsafe", pickled(call(fasttext, "subprocess.Popen", "x"), 4)),
        # Of what these hand out nobody would know what it is.
        "gensim-identity-called.pkl": (
            "unsafe",
            pickled(
                named("gensim.utils", "identity") + named("torch.nn.modules.linear", "Linear")
                + b"\x85R"
            ),
        ),
        "gensim-identity-handed.pkl": (
            "unsafe",
            pickled(
                named("torch._tensor", "_rebuild_from_type_v2") + b"("
                + named("gensim.utils", "identity") + named("torch", "Tensor") + b"("
                + named("torch.nn.modules.linear", "Linear") + b"t}tR"
            ),
        ),
        "gensim-weights-called.pkl": (
            "unsafe",
            pickled(kept + b"(" + _new("gensim.models.word2vec", "Vocab") + scheme + b"tR"),
        ),
        "gensim-function-in-state.pkl": (
            "unsafe",
            pickled(
                _new(
                    "gensim.models.atmodel", "AuthorTopicModel",
                    _state("state", named("argparse", "Namespace") + b")R" + _state("x", _UNKNOWN)),
                )
            ),
        ),
    }  # fmt: skip


def _pandas() -> Samples:
    index = b"(" + named("pandas.core.index", "Index") + b"}tR"
    made = named("pandas.core.index", "_new_Index") + index
    return {
        "pandas-index.pkl": ("ok", pickled(made)),
        "pandas-index-019.pkl": ("ok", pickled(named("pandas.indexes.base", "_new_Index") + index)),
        "pandas-blocks.pkl": (
            "ok", pickled(_new("pandas.core.internals", "BlockManager", b"(" + made + b"tb")),
        ),
        "pandas-time.pkl": ("ok", pickled(call("pandas.tslib", "Timestamp", "2016-01-01"))),
        "pandas-no-time.pkl": ("ok", pickled(named("pandas.tslib", "__nat_unpickle") + b"N\x85R")),
        "pandas-series.pkl": ("ok", pickled(_new("pandas.core.series", "TimeSeries"))),
        # What else an old module has by name is not what it was written for.
        "pandas-read.pkl": ("unsafe", pickled(call("pandas.core.index", "read_pickle", "x"))),
        "pandas-eval.pkl": ("unsafe", pickled(call("pandas.core.base", "eval", "x"))),
        "pandas-inside.pkl": (
            "unsafe", pickled(named("pandas.core.index", "Index.__reduce__") + b")R", 4),
        ),
        "pandas-unknown.pkl": ("warn", pickled(_new("pandas.core.index", "Thing"))),
    }  # fmt: skip


def _sklearn() -> Samples:
    datasets = "sklearn.datasets.base"
    score = named("sklearn.metrics.classification", "accuracy_score")
    return {
        "sklearn-bunch.pkl": ("ok", pickled(_new(datasets, "Bunch"))),
        "sklearn-search.pkl": ("ok", pickled(_new("sklearn.grid_search", "GridSearchCV"))),
        "sklearn-scorer.pkl": (
            "ok",
            pickled(_new("sklearn.metrics.scorer", "_PredictScorer", _state("_score_func", score))),
        ),
        "hmmlearn.pkl": (
            "ok",
            pickled(
                _new(
                    "hmmlearn.hmm", "GaussianHMM",
                    _state("monitor_", _new("hmmlearn.base", "ConvergenceMonitor")),
                )
            ),
        ),
        "numpy-kept.pkl": (
            "ok", pickled(_state("func", named("numpy.core._multiarray_umath", "log10"))[:-1]),
        ),
        "numpy-file.pkl": (
            "unsafe", pickled(call("numpy.core._multiarray_umath", "fromfile", "x")),
        ),
        "sklearn-files.pkl": ("unsafe", pickled(call(datasets, "load_files", "/etc"))),
        "sklearn-kept.pkl": (
            "unsafe", pickled(b"}" + text("x") + named(datasets, "clear_data_home") + b"s"),
        ),
        "sklearn-unknown.pkl": ("unsafe", pickled(_new(datasets, "Unknown"))),
        "sklearn-parallel.pkl": ("unsafe", pickled(_new("sklearn.grid_search", "Parallel"))),
    }  # fmt: skip


def _agents() -> Samples:
    box = _new("gym.spaces.box", "Box")
    normalize = "stable_baselines3.common.vec_env.vec_normalize"
    space = named("argparse", "Namespace") + b")R" + _state("min", _UNKNOWN)
    return {
        "agent.pkl": ("ok", pickled(_new(normalize, "VecNormalize", _state("space", box)))),
        "gymnasium.pkl": ("ok", pickled(_new("gymnasium.spaces.discrete", "Discrete"))),
        "agent-made.pkl": ("unsafe", pickled(call(normalize, "VecNormalize", "x"))),
        "space-made.pkl": ("unsafe", pickled(call("gym.spaces.box", "Box", "x"))),
        # A box asks its limits for the least of them.
        "space-function.pkl": (
            "unsafe", pickled(_new("gymnasium.spaces.box", "Box", _state("low", space))),
        ),
        "environment.pkl": ("unsafe", pickled(call("gym", "make", "x"))),
    }  # fmt: skip


def _handed_out() -> Samples:
    """A class that comes out of a function is changed as the class itself would be."""
    linear = named("torch.nn.modules.linear", "Linear")
    change = b"N}" + text("forward") + linear + b"s\x86b"
    kind = named("numpy", "dtype") + b"(" + text("O8") + b"tR"
    return {
        "changes-class.pkl": ("unsafe", pickled(linear + change)),
        "changes-largest.pkl": (
            "unsafe", pickled(named("numpy", "max") + b"(" + linear + b"t\x85R" + change),
        ),
        "changes-scalar.pkl": (
            "unsafe",
            pickled(
                named("numpy.core.multiarray", "scalar") + b"(" + kind + linear + b"tR" + change
            ),
        ),
        "largest.pkl": ("ok", pickled(named("numpy", "max") + b"(K\x01K\x02t\x85R")),
    }  # fmt: skip
