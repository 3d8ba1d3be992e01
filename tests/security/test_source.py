"""pmgit's own source has no way to run what it reads: no unpickling, no eval, no shell."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.test_house import below

SOURCE = Path(__file__).parents[2] / "src" / "pmgit"
#: Modules that load code or objects out of files, and those that such files are for.
MODULES = frozenset((
    "_pickle", "cloudpickle", "code", "codeop", "ctypes", "dill", "imp", "joblib", "keras",
    "marshal", "numpy", "onnx", "onnxruntime", "pickle", "picklescan", "pty", "runpy", "shelve",
    "tensorflow", "torch", "transformers", "zipimport",
))  # fmt: skip
#: Functions by their last name, whatever they belong to.
CALLS = frozenset((
    "__import__", "compile", "eval", "exec", "execfile", "extract", "extractall", "find_class",
    "full_load", "full_load_all", "load_module", "mktemp", "popen", "system", "unpack_archive",
    "unsafe_load",
))  # fmt: skip
#: What is meant: patterns are compiled, and this is no code.
MEANT = frozenset(("re.compile",))
#: Rules and formats are imported when they are needed, by the names of tables of the source.
MEANT_IN = {"formats/judge.py": ["__import__"], "rules/__init__.py": ["__import__"]}
#: What runs in a process of its own, with limits and a hook that refuses what weights must not do:
#: there the libraries of models load what `pmgit scan` has passed.
CHILD = "child"
#: What reads YAML takes a class; these are the two that make nothing but plain values.
SAFE_LOADERS = frozenset(("SafeLoader", "CSafeLoader"))


def name_of(node: ast.expr) -> str:
    """The dotted name of what is called; '' when it is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = name_of(node.value)
        return f"{left}.{node.attr}" if left else node.attr
    return ""


def faults(text: str) -> list[str]:
    """What a source must not have."""
    found = []
    for node in below(ast.parse(text)):
        imported = []
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported = [node.module or ""]
        found += [f"import {name}" for name in imported if name.partition(".")[0] in MODULES]
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node.func)
        last = name.rpartition(".")[2]
        if last in CALLS and name not in MEANT:
            found.append(name)
        if name == "yaml.load" and not any(
            name_of(one.value).rpartition(".")[2] in SAFE_LOADERS for one in node.keywords
        ):
            found.append(name)
        for keyword in node.keywords:
            value = keyword.value
            is_false = isinstance(value, ast.Constant) and not value.value
            if keyword.arg in ("shell", "allow_pickle", "trust_remote_code") and not is_false:
                found.append(f"{keyword.arg}=")
    return found


def test_the_source_runs_nothing_that_it_reads() -> None:
    wrong = {
        file.relative_to(SOURCE).as_posix(): found
        for file in SOURCE.rglob("*.py")
        if file.parent.name != CHILD
        if (found := faults(file.read_text(encoding="utf-8")))
    }
    assert wrong == MEANT_IN


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from torch import load", "import numpy.lib", "eval('1')",
        "subprocess.run('x', shell=True)", "np.load(f, allow_pickle=True)", "yaml.load(x)",
        "tempfile.mktemp()", "archive.extractall('x')", "os.system('x')", "builtins.exec('x')",
        "def f():\n    import marshal", "yaml.load(x, Loader=yaml.Loader)",
        "from_pretrained('x', trust_remote_code=True)",
    ],
)  # fmt: skip
def test_what_it_looks_for_is_found(text: str) -> None:
    assert len(faults(text)) == 1


def test_what_is_meant_is_not_found() -> None:
    assert faults("import re\nre.compile('x')\nrun(['x'], shell=False)\n") == []
