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
from functools import cache

from pmgit.formats.opinion import OK, UNSAFE, WARN

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
    "call", "check_call", "check_output", "cmd", "command", "compile", "delattr", "download",
    "eval", "evaluate", "exec", "execfile", "execute", "execve", "fork", "getattr", "getoutput",
    "import", "import_module", "import_string", "invoke", "load", "loads", "main", "open",
    "popen", "read_pickle", "rmtree", "run", "runcode", "runsource", "setattr", "shell",
    "spawn", "start", "system", "unlink", "unpickle", "urlopen", "write", "write_file",
))  # fmt: skip

_HARMLESS_TO_ASK_FOR = frozenset(("functools.partial", "itertools.count"))


def of_global(module: str, name: str) -> tuple[str, str]:
    """The verdict on a global that a pickle names, and in words what is wrong with it."""
    module, name = _today(module, name)
    if name in _allowed().get(module, ()):
        return OK, ""
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        return UNSAFE, "names something that is no name in Python"
    inner = [*module.split(".")[1:], *name.split(".")]
    if any(_is_hidden(part) for part in inner) or ("." in name and _WAYS_OUT & {*inner}):
        return UNSAFE, "reaches for the inside of Python"
    if f"{module}.{name}" in _HARMLESS_TO_ASK_FOR:
        return WARN, "calls what else the file names"
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names or root in _MORE_OF_PYTHON:
        return UNSAFE, "loads something of Python that weights do not need"
    if _is_dangerous(module, name):
        return UNSAFE, "loads what can run commands, load code or reach a network"
    # People write classes with a capital letter, and functions without one.
    last = name.rpartition(".")[2].strip("_")
    is_function = not last[:1].isupper()
    if is_function and (root in _KNOWN or last in _VERBS):
        return UNSAFE, "calls a function that no weights need"
    if module == "__main__":
        return WARN, "needs a definition of the program that wrote it"
    return WARN, "needs code that pmgit does not know"


def _today(module: str, name: str) -> tuple[str, str]:
    """The name that Python 3 looks up for one of Python 2."""
    import _compat_pickle  # a table that comes with Python; nothing is run by it

    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def _is_hidden(part: str) -> bool:
    return part.startswith("__") and part.endswith("__")


def _is_dangerous(module: str, name: str) -> bool:
    names = _dangerous()
    at = module
    while at:
        if names.get(at) == frozenset():
            return True
        at = at.rpartition(".")[0]
    return name.partition(".")[0] in names.get(module, ())


@cache
def _allowed() -> dict[str, frozenset[str]]:
    return _table("allowed_globals.txt")


@cache
def _dangerous() -> dict[str, frozenset[str]]:
    return _table("dangerous_globals.txt")


def _table(file: str) -> dict[str, frozenset[str]]:
    """The names of each module in a list of globals; none is the whole module."""
    with open(os.path.join(os.path.dirname(__file__), file), encoding="ascii") as lines:
        text = lines.read().replace("\n  ", " ")
    found: dict[str, frozenset[str]] = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            module, _, names = line.partition(":")
            found[module] = found.get(module, frozenset()) | frozenset(names.split())
    return found
