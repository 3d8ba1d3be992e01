"""The shorter way to import pmgit's own modules: the same modules, and never old ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pmgit

CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from pmgit import quick_import
quick_import.install()
from pmgit.git import blob
import pmgit.errors, pmgit.git, inspect
print(type(blob.__loader__).__module__, blob.__file__, blob.__package__, blob.__cached__)
print(getattr(blob, "MARK", ""), inspect.getsource(blob).count("class Blob"))
print(type(pmgit.git.__loader__).__module__, *pmgit.git.__path__, pmgit.git.__file__)
print(inspect.getfile(blob.Blob.__init__))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, compiled."""
    folder = tmp_path_factory.mktemp("library")
    source = Path(pmgit.__file__).parent
    shutil.copytree(source, folder / "pmgit", ignore=shutil.ignore_patterns("__pycache__"))
    load(folder)
    return folder


def load(folder: Path, *options: str) -> list[str]:
    argv = [sys.executable, "-I", "-S", *options, "-c", CODE, str(folder)]
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def test_the_same_module(copy: Path) -> None:
    loader, file, package, cached, count, *of_package, inside = load(copy)
    assert loader == "pmgit.quick_import", "it was compiled, so it was found in the short way"
    assert Path(file) == copy / "pmgit/git/blob.py"
    assert package == "pmgit.git"
    assert Path(cached).parent == copy / "pmgit/git/__pycache__"
    assert count == "1"
    assert of_package == [
        "pmgit.quick_import",
        str(copy / "pmgit/git"),
        f"{copy / 'pmgit/git'}{os.sep}__init__.py",
    ]
    assert Path(inside) == Path(file), "where a traceback says that the code is"


def test_never_an_old_or_broken_one(copy: Path) -> None:
    file = copy / "pmgit/git/blob.py"
    text, times = file.read_text(), os.stat(file)
    cached = Path(load(copy)[3])
    for change, options in (("MARK = 'new'\n", ()), ("", ("-OO",))):
        file.write_text(text + change)
        words = load(copy, *options)
        assert words[0] != "pmgit.quick_import"
        assert words[4] == ("new" if change else "1")
    file.write_text(text)
    load(copy)
    # Of the same size, changed a second later.
    file.write_text(text.replace("100644", "100645", 1))
    os.utime(file, (times.st_atime, times.st_mtime + 1))
    assert load(copy)[0] != "pmgit.quick_import"
    load(copy)
    for damage in (b"", cached.read_bytes()[:10], b"\0" * 4 + cached.read_bytes()[4:]):
        cached.write_bytes(damage)
        assert load(copy)[0] != "pmgit.quick_import"


def test_a_moved_copy(copy: Path, tmp_path: Path) -> None:
    """Its compiled files are as good as before, but they name the old place."""
    shutil.copytree(copy / "pmgit", tmp_path / "pmgit")  # with times
    words = load(tmp_path)
    assert words[0] != "pmgit.quick_import"
    assert Path(words[-1]) == tmp_path / "pmgit/git/blob.py"


def test_all_modules_as_python_imports_them(copy: Path) -> None:
    """Every module of a hook, in both ways: the same names with the same places."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pmgit.hook\n"
        "if sys.argv[2:]: from pmgit import quick_import; quick_import.install()\n"
        "from pmgit import pre_receive, receive, rules, checker\n"
        "for name in rules.RULES: rules.load(name)\n"
        "for n, m in sorted(sys.modules.items()):\n"
        "    if n.startswith('pmgit') and n != 'pmgit.quick_import':\n"
        "        s = m.__spec__\n"
        "        print(n, m.__file__, m.__cached__, m.__package__, getattr(m, '__path__', ''),"
        " s.origin, s.parent, s.has_location, s.submodule_search_locations,"
        " sorted({*vars(m)} - {'quick_import'}))\n"
    )
    said = []
    for more in ([], ["quick"]):
        argv = [sys.executable, "-I", "-S", "-c", code, str(copy), *more]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)  # compiles
        done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
        said.append(done.stdout.splitlines())
    assert len(said[0]) > 50
    assert said[0] == said[1]
