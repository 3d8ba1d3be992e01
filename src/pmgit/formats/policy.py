"""Which globals a pickle may name: what is allowed, what is dangerous, and what nobody knows.

A pickle runs whatever it names, so what counts is what is allowed, name by name
(`allowed_globals.txt`). Python's own library is dangerous but for these names: lists of its
dangerous functions have had holes for years (GHSA reports on every scanner). Other packages may
have classes of their own in a pickle, which is a warning, unless they are known to be dangerous
(`dangerous_globals.txt`) or have the name of something dangerous.
"""

from __future__ import annotations

import os
import sys

from pmgit.formats.opinion import OK, UNSAFE, WARN

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

_ALLOWED, _DANGEROUS = "allowed_globals.txt", "dangerous_globals.txt"
_MADE_EMPTY = "made_empty_globals.txt"
#: What was or will be in the library, but is not in every Python that runs pmgit.
_MORE_OF_PYTHON = frozenset((
    # Python 2
    "__builtin__", "__builtins__", "UserDict", "anydbm", "commands", "compiler", "copy_reg",
    "cPickle", "cStringIO", "dircache", "exceptions", "httplib", "imputil", "ihooks", "md5",
    "mimetools", "new", "os2", "popen2", "posixfile", "rexec", "robotparser", "sets", "sha",
    "thread", "urllib2", "urlparse", "whichdb", "xmlrpclib", "SimpleXMLRPCServer",
    "SocketServer", "SimpleHTTPServer", "BaseHTTPServer", "CGIHTTPServer", "Queue", "StringIO",
    "Tkinter", "_winreg", "statvfs",
    # gone since
    "asynchat", "asyncore", "binhex", "distutils", "formatter", "imp", "macpath", "parser",
    "smtpd", "symbol", "aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "mailcap",
    "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib",
    "uu", "xdrlib", "lib2to3", "dummy_threading", "_bootlocale", "_dummy_thread", "fpectl",
    "macurl2path",
    # new since
    "annotationlib", "compression", "string.templatelib", "_interpreters", "_remote_debugging",
    "_pyrepl", "_colorize", "_testcapi", "_testinternalcapi", "test", "__phello__",
    "_bootstrap", "_bootstrap_external", "_xxsubinterpreters", "_xxinterpchannels", "interpreters",
))  # fmt: skip

#: Packages whose harmless functions are all listed: another function of theirs is a way around.
_KNOWN = frozenset((
    "torch", "numpy", "scipy", "sklearn", "pandas", "tensorflow", "keras", "jax",
    "transformers", "diffusers", "accelerate", "torchvision", "torchaudio", "pytorch_lightning",
    "lightning", "onnx", "onnxruntime", "xgboost", "lightgbm", "catboost", "matplotlib", "PIL",
    "cv2",
))  # fmt: skip

#: A dotted name that goes through one of these leaves the module that it begins in.
_WAYS_OUT = frozenset((
    "os", "sys", "subprocess", "builtins", "modules", "posix", "nt", "shutil", "importlib",
    "pickle", "io", "socket", "ctypes", "runpy", "codecs", "types", "inspect", "threading",
    "multiprocessing", "func_globals", "gi_frame", "f_globals", "f_builtins", "mro", "loader",
    "pty", "code",
))  # fmt: skip

#: Words for starting, reading and running, in the name of a function that nobody knows.
_VERBS = frozenset((
    "call", "cmd", "command", "compile", "connect", "delattr", "download", "eval", "evaluate",
    "exec", "execfile", "execute", "execve", "fetch", "fork", "getattr", "getoutput", "import",
    "instantiate", "invoke", "launch", "load", "loads", "main", "open", "popen", "rmtree", "run",
    "runcode", "runsource", "setattr", "shell", "spawn", "start", "subprocess", "system", "unlink",
    "urlopen", "write",
))  # fmt: skip
#: With these ends the name of a class which does more than to hold values.
_DOES_MORE = (
    r"(?:Popen|Subprocess|Shell|Console|Interpreter|Terminal|Browser|Client|Server|Socket"
    r"|Database|Unpickler|Downloader|Thread)[\dV]*$"
)
#: How those of the system are called: a `PoissonProcess` or `BinningProcess` is one of numbers.
_PROCESS = (
    r"_*(?:Async|Background|Base|Child|Daemon|External|Fork|ForkServer|Managed|Shell|Spawn|Sub"
    r"|System|Worker)*Process[\dV]*$"
)
#: How functions are called that packages write to make an object again.
_MAKES_AGAIN = (
    r"_\w*(?:build|construct|create|make|new|restore|from)(?:_\w*|[A-Z]\w*)?$|_*pyx_unpickle_\w+$"
    r"|_*unpickle_\w+$|_unpickle$|\w*_ctor$|(?:\w+_)?re(?:build|construct)(?:_\w*)?$"
)

#: Classes of Python that make functions out of bytes, open files or reach a network: a package that
#: imports one has it under its own name, too.
_OF_PYTHON = frozenset((
    "BZ2File", "BaseManager", "BuiltinImporter", "CDLL", "CodeType", "ConnectionPool",
    "ExtensionFileLoader", "FTP", "FTP_TLS", "FileHandler", "FileIO", "FileInput", "FunctionType",
    "GzipFile", "HTTPConnection", "HTTPSConnection", "IMAP4", "LZMAFile", "LambdaType",
    "MethodType", "ModuleType", "NNTP", "NamedTemporaryFile", "ProcessPoolExecutor", "PyDLL",
    "PyZipFile", "RotatingFileHandler", "SMTP", "SMTP_SSL", "SourceFileLoader",
    "SourcelessFileLoader", "SpooledTemporaryFile", "SyncManager", "TarFile", "Telnet",
    "TemporaryDirectory", "TemporaryFile", "ThreadPoolExecutor", "TimedRotatingFileHandler",
    "WatchedFileHandler", "ZipFile",
))  # fmt: skip
#: What modules have by name that import it: a maker of classes, one of processes.
_IN_NO_PATTERN = frozenset(("ABCMeta", "AutoConfig", "Parallel"))
#: Where modules were in older versions of a package, and where what pmgit allows of them is today
#: (pandas has such a table in its `compat`; scikit-learn before 0.24, scipy before 1.8). numpy's
#: functions have had several; where one is written is where it was made.
_HOMES = {
    "numpy._core._multiarray_umath": "numpy",
    "numpy.core._multiarray_umath": "numpy",
    "numpy.core.fromnumeric": "numpy",
    "numpy.core.umath": "numpy",
    "numpy.lib.function_base": "numpy",
    "pandas._libs.period": "pandas._libs.tslibs.period",
    "pandas._period": "pandas._libs.tslibs.period",
    "pandas._sparse": "pandas._libs.sparse",
    "pandas.core.base": "pandas.core.indexes.frozen",
    "pandas.core.categorical": "pandas.core.arrays.categorical",
    "pandas.core.index": "pandas.core.indexes.base",
    "pandas.core.sparse.array": "pandas.core.arrays.sparse",
    "pandas.indexes.base": "pandas.core.indexes.base",
    "pandas.indexes.category": "pandas.core.indexes.category",
    "pandas.indexes.frozen": "pandas.core.indexes.frozen",
    "pandas.indexes.multi": "pandas.core.indexes.multi",
    "pandas.indexes.numeric": "pandas.core.indexes.numeric",
    "pandas.indexes.range": "pandas.core.indexes.range",
    "pandas.sparse.array": "pandas.core.arrays.sparse",
    "pandas.tseries.index": "pandas.core.indexes.datetimes",
    "pandas.tseries.period": "pandas.core.indexes.period",
    "pandas.tseries.tdi": "pandas.core.indexes.timedeltas",
    "pandas.types.dtypes": "pandas.core.dtypes.dtypes",
    "scipy.interpolate.fitpack2": "scipy.interpolate._fitpack2",
    "scipy.interpolate.interpnd": "scipy.interpolate._interpnd",
    "scipy.interpolate.interpolate": "scipy.interpolate._interpolate",
    "scipy.interpolate.ndgriddata": "scipy.interpolate._ndgriddata",
    "scipy.interpolate.polyint": "scipy.interpolate._polyint",
    "scipy.spatial.kdtree": "scipy.spatial._kdtree",
    "scipy.spatial.transform.rotation": "scipy.spatial.transform._rotation",
    "scipy.stats.kde": "scipy.stats._kde",
    "sklearn.cross_validation": "sklearn.model_selection._split",
    "sklearn.datasets.base": "sklearn.utils",
    "sklearn.feature_selection.mutual_info_": "sklearn.feature_selection._mutual_info",
    "sklearn.feature_selection.univariate_selection": (
        "sklearn.feature_selection._univariate_selection"
    ),
    "sklearn.grid_search": "sklearn.model_selection._search",
    "sklearn.lda": "sklearn.discriminant_analysis",
    "sklearn.metrics.classification": "sklearn.metrics._classification",
    "sklearn.metrics.ranking": "sklearn.metrics._ranking",
    "sklearn.metrics.regression": "sklearn.metrics._regression",
    "sklearn.metrics.scorer": "sklearn.metrics._scorer",
    "sklearn.qda": "sklearn.discriminant_analysis",
    "stable_baselines.common.running_mean_std": "stable_baselines3.common.running_mean_std",
}
_HARMLESS_TO_ASK_FOR = frozenset(("itertools.count", "joblib.memory.NotMemorizedFunc"))


def of_global(module: str, name: str, *, called: bool = True) -> tuple[str, str]:
    """The verdict on a global that a pickle names, and in words what is wrong with it; `called`:
    whether loading the pickle calls it, or may."""
    module, name = _today(module, name)
    if name in _table(_ALLOWED).get(module, ()):
        return OK, ""
    if module in _HOMES and of_global(_HOMES[module], name)[0] == OK:
        return OK, ""
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        return UNSAFE, "names something that is no name in Python"
    inner = name.split(".")
    is_hidden = any(map(_is_hidden, (*module.split(".")[1:], *inner)))
    # Python imports the module by all of its name; only a name is looked up in what a module has.
    if is_hidden or ("." in name and _WAYS_OUT & {*inner}):
        return UNSAFE, "reaches for the inside of Python"
    if name.rpartition(".")[2] in _OF_PYTHON:
        return UNSAFE, "loads something of Python that weights do not need"
    if f"{module}.{name}" in _HARMLESS_TO_ASK_FOR:
        return WARN, "calls what else the file names"
    if "." not in name and name not in _IN_NO_PATTERN and _fits_a_pattern(module, name):
        return OK, ""
    import re  # takes 8 ms of a commit whose weights name nothing but what is allowed

    root = module.partition(".")[0]
    if root in sys.stdlib_module_names or root in _MORE_OF_PYTHON:
        return UNSAFE, "loads something of Python that weights do not need"
    if _is_dangerous(module, name):
        return UNSAFE, "loads what can run commands, load code or reach a network"
    # People write classes with a capital letter, and functions without one.
    last = name.rpartition(".")[2]
    is_function = not last.lstrip("_")[:1].isupper()
    is_known = root in _KNOWN
    makes_again = re.match(_MAKES_AGAIN, last) and "." not in name and not is_known
    if is_function and called and not makes_again:
        return UNSAFE, "calls a function that no weights need"
    words = last.split("_")
    # Modules of torch keep methods of their own that are called when a state dict is loaded.
    is_hook = "." in name and not called and "hook" in words
    if is_function and not is_hook and not _VERBS.isdisjoint(words):
        return UNSAFE, "calls a function that no weights need"
    if name in _IN_NO_PATTERN and is_known:
        return UNSAFE, "loads what can run commands, load code or reach a network"
    if not is_function and (re.search(_DOES_MORE, last) or re.match(_PROCESS, last)):
        return UNSAFE, "loads what can run commands, load code or reach a network"
    if module == "__main__":
        return WARN, "needs a definition of the program that wrote it"
    return WARN, "needs code that pmgit does not know"


def is_made_empty(module: str, name: str) -> bool:
    """Whether a class that is allowed reads files or works when it is made with arguments. Pickles
    make its objects without any, and set their state."""
    if name in _table(_MADE_EMPTY).get(_today(module, name)[0], ()):
        return True
    # Some look for the configuration of a part of theirs on the Hub.
    return name.endswith("Config") and module.startswith("transformers.models.")


def is_of_list(module: str, name: str) -> bool:
    """Whether a global is allowed by its own name, which is found soon."""
    module, name = _today(module, name)
    return name in _table(_ALLOWED).get(module, ())


def _today(module: str, name: str) -> tuple[str, str]:
    """The name that Python 3 looks up for one of Python 2."""
    import _compat_pickle  # a table that comes with Python; nothing is run by it

    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def _is_hidden(part: str) -> bool:
    return part.startswith("__") and part.endswith("__")


def _is_dangerous(module: str, name: str) -> bool:
    names = _table(_DANGEROUS)
    at = module
    while at:
        if names.get(at) == frozenset():
            return True
        at = at.rpartition(".")[0]
    return name.partition(".")[0] in names.get(module, ())


#: The lists that come with pmgit, as they have been read, and what they say with `*`.
_read: dict[str, dict[str, frozenset[str]]] = {}
_patterns: list[tuple[re.Pattern[str], re.Pattern[str]]] = []


def _fits_a_pattern(module: str, name: str) -> bool:
    if not _patterns:
        _patterns.extend(
            (_pattern([module], r"[\w.]*"), _pattern(names, r"\w*"))
            for module, names in _table(_ALLOWED).items()
            if "*" in module or any("*" in name for name in names)
        )
    return any(one.match(module) and other.match(name) for one, other in _patterns)


def _pattern(texts: Iterable[str], any_letters: str) -> re.Pattern[str]:
    import re

    plain = "|".join(re.escape(text).replace(r"\*", any_letters) for text in texts)
    return re.compile(f"(?:{plain.replace(re.escape('[A-Z]'), '[A-Z]')})$")


def _table(file: str) -> dict[str, frozenset[str]]:
    """The names of each module in a list of globals, read once; none is the whole module."""
    if file in _read:
        return _read[file]
    with open(os.path.join(os.path.dirname(__file__), file), encoding="ascii") as lines:
        text = lines.read().replace("\n  ", " ")
    found: dict[str, frozenset[str]] = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            module, _, names = line.partition(":")
            found[module] = found.get(module, frozenset()) | frozenset(names.split())
    _read[file] = found
    return found
