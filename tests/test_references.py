"""Comments, docstrings and pages refer only to files, modules and sections that exist.

Every reference is looked up in the tree as it is: nothing here has to change when a module moves.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.test_house import SOURCE, below, project_files

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = SOURCE.parent.parent
#: The folders from which a file or a module is named: `git/process.py`, `tests/kit.py`.
NAMED_FROM = (ROOT, SOURCE, SOURCE.parent, ROOT / "tests", ROOT / "docs")
#: What stands at the top of a page that is made from the code.
GENERATED = "made by scripts/generate.py"

#: Files of other projects, and of the repositories that pmgit is used in.
FOREIGN_FILES = re.compile(
    r"docs/spec\.md|torch/serialization\.py|pmgit/init\.json|pretrained_model/.*"
)
#: What ends so is a file of somebody's repository, and no name in Python.
FOREIGN_ENDINGS = re.compile(
    r".*\.(bin|h5|incomplete|jinja|json|md|model|msgpack|ot|pbtxt|safetensors|toml|txt|ya?ml|z01|gitlab)",
    re.IGNORECASE,
)
#: Names with dots that are settings of Git, or of other libraries.
FOREIGN_NAMES = {
    "pmgit.lock", "os.system", "torch.load", "joblib.load", "pickle.load", "mylib.model.Net",
    "ResNet50_Weights.IMAGENET1K_V2",
    "core.attributesFile", "core.hooksPath", "core.ignoreCase", "core.ignorecase", "ctx.meta",
    "diff.lfs.textconv", "diff.pmgit.cachetextconv", "diff.pmgit.textconv",
    "filter.lfs", "functools.cached_property", "i18n.logOutputEncoding", "index.skipHash",
    "init.templateDir", "lfs.allowincompletepush", "lfs.storage", "lfs.url", "receive.fsckObjects",
    "repo.hook", "repo.paste", "repo.pmgit", "repo.sh",
}  # fmt: skip

FILE = re.compile(r"(?<![\w./-])(?:[\w.-]+/)+[\w.-]+\.(?:json|md|py|sh|toml|ya?ml)\b")
MODULE_FILE = re.compile(r"(?<=`)\w+\.py(?=`)")
DOTTED = re.compile(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\(\))?`")
TEST = re.compile(r"\btest_\w+")
ANCHOR = re.compile(r"(?:(?<=\]\()|(?=docs/))([\w./-]*)#([\w-]+)")
SECTION = re.compile(r"section (?:\"([^\"]+)\"|(\d+)) of ([\w./-]+\.md)")


# --- what is read


@cache
def files() -> tuple[Path, ...]:
    return tuple(project_files())


@cache
def file_names() -> frozenset[str]:
    return frozenset(file.name for file in files())


def tree(file: Path) -> ast.Module:
    """It is not kept: those of all files are millions of objects, in every search for garbage."""
    return ast.parse(file.read_bytes())


class Outline(NamedTuple):
    """What is looked up in a module of Python."""

    #: The lines of its docstrings, with their numbers.
    documented: list[tuple[int, str]]
    functions: set[str]
    #: The classes that stand in no other.
    classes: set[str]


@cache
def outline(file: Path) -> Outline:
    module = tree(file)
    found = Outline([], set(), {one.name for one in module.body if isinstance(one, ast.ClassDef)})
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in statements(module):
        if isinstance(node, ast.FunctionDef):
            found.functions.add(node.name)
        if isinstance(node, documented) and node.body:
            text = ast.get_docstring(node, clean=False) or ""
            found.documented.extend(enumerate(text.split("\n"), node.body[0].lineno))
    return found


def statements(module: ast.Module) -> Iterator[ast.AST]:
    """The module and every statement of it, wherever it stands; what they are made of, not."""
    found: list[ast.AST] = [module]
    while found:
        node = found.pop()
        yield node
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, field, ())
            # That of a lambda is an expression.
            found += inner if isinstance(inner, list) else ()


def python_texts(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of all comments and docstrings of a module, and pages that its strings name."""
    is_source = file.is_relative_to(SOURCE)
    for number, line in enumerate(file.read_text("utf-8").split("\n"), 1):
        comment = "#" in line and re.search(r"(?:^|\s)#.*", line)
        if comment:
            yield number, comment[0]
        elif is_source and "docs/" in line:
            yield number, " ".join(re.findall(r"docs/[\w-]+\.md(?:#[\w-]+)?", line))
    yield from outline(file).documented


def lines_of(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file in which somebody explains something to a reader."""
    if file.suffix == ".py":
        yield from python_texts(file)
        return
    fenced = False
    for number, line in enumerate(file.read_text("utf-8").split("\n"), 1):
        fenced ^= file.suffix == ".md" and line.startswith("```")
        if not fenced and (file.suffix == ".md" or line.lstrip().startswith("#")):
            yield number, line


@cache
def explained() -> list[tuple[str, str]]:
    """Where each line stands, and the line, without addresses of the web."""
    found = []
    for file in files():
        name = str(file.relative_to(ROOT))
        is_text = file.suffix in (".py", ".md", ".sh", ".toml", ".yaml", ".yml") or (
            file.parent == ROOT / "hooks"
        )
        # The changelog names what was there then.
        if not is_text or name == "CHANGELOG.md" or GENERATED in file.read_text("utf-8")[:200]:
            continue
        found += [
            (f"{name}:{number}", re.sub(r"https?://\S+", "", line))
            for number, line in lines_of(file)
        ]
    return found


# --- what exists


@cache
def modules() -> dict[str, list[Path]]:
    """All modules of the project by the last part of their names, and packages by theirs."""
    found: dict[str, list[Path]] = {}
    for file in files():
        if file.suffix == ".py":
            name = file.parent.name if file.stem == "__init__" else file.stem
            found.setdefault(name, []).append(file)
    return found


def defines(owner: ast.Module | ast.ClassDef, name: str) -> bool:
    """Whether a module or a class has something of this name, attributes of `self` included."""
    for node in below(owner):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.alias) and node.name == name:
            return True
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            return True
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and node.attr == name
        ):
            return True
    return False


def classes(name: str) -> list[ast.ClassDef]:
    return [
        node
        for several in modules().values()
        for file in several
        if name in outline(file).classes
        for node in tree(file).body
        if isinstance(node, ast.ClassDef) and node.name == name
    ]


def is_defined(dotted: str) -> bool:
    """Whether a name such as `snapshots.staged`, `model.moved.Moves` or `Blob.size` exists."""
    *above, last = dotted.split(".")
    for folder in NAMED_FROM:
        if (folder.joinpath(*above, last)).is_dir():
            return True
        if folder.joinpath(*above, f"{last}.py").is_file():
            return True
        module = folder.joinpath(*above).with_suffix(".py")
        if module.is_file():
            return defines(tree(module), last)
    if len(above) > 1:
        return is_defined(".".join(above)) and any(defines(one, last) for one in classes(above[-1]))
    owners: list[ast.Module | ast.ClassDef] = [tree(file) for file in modules().get(above[0], [])]
    return any(defines(owner, last) for owner in (*owners, *classes(above[0])))


@cache
def names_of_tests() -> frozenset[str]:
    """The names of all test modules and test functions."""
    files = (file for several in modules().values() for file in several)
    return frozenset(modules()).union(*(outline(file).functions for file in files))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives the headings of a page."""
    seen: Counter[str] = Counter()
    found = set()
    for number, line in lines_of(page):
        heading = re.match(r"#+ +(.+)", line)
        if heading and number:
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
            anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            found.add(anchor if not seen[anchor] else f"{anchor}-{seen[anchor]}")
            seen[anchor] += 1
    return frozenset(found)


def page_of(where: str, path: str) -> Path:
    """The page that is named in a file: from its own folder, or from the top."""
    here = ROOT / where.partition(":")[0]
    if not path:
        return here
    return here.parent / path if (here.parent / path).is_file() else ROOT / path


# --- the tests


def test_files_that_are_named_exist() -> None:
    bad = []
    for where, line in explained():
        here = (ROOT / where.partition(":")[0]).parent
        for name in FILE.findall(line):
            exists = any((folder / name).is_file() for folder in (*NAMED_FROM, here))
            if not exists and not FOREIGN_FILES.fullmatch(name):
                bad.append(f"{where}: {name}")
        bad += [f"{where}: {n}" for n in MODULE_FILE.findall(line) if n not in file_names()]
    assert bad == []


def test_names_with_dots_exist() -> None:
    bad = [
        f"{where}: {name}"
        for where, line in explained()
        for name in DOTTED.findall(line)
        if name not in FOREIGN_NAMES
        and not FOREIGN_ENDINGS.fullmatch(name)
        and not MODULE_FILE.search(f"`{name}`")
        and not is_defined(name)
    ]
    assert bad == []


def test_tests_that_are_named_exist() -> None:
    bad = [
        f"{where}: {name}"
        for where, line in explained()
        for name in TEST.findall(line)
        if name not in names_of_tests() and not name.endswith("_")
    ]
    assert bad == []


def test_sections_that_are_named_exist() -> None:
    """Anchors of links, also of generated pages and across pages, and sections by their titles."""
    pages = [file for file in files() if file.suffix == ".md"]
    lines = [
        (f"{file.relative_to(ROOT)}:{number}", re.sub(r"https?://\S+", "", line))
        for file in pages
        for number, line in lines_of(file)
    ]
    bad = []
    for where, line in {**dict(explained()), **dict(lines)}.items():
        for path, anchor in ANCHOR.findall(line):
            page = page_of(where, path)
            if not page.is_file() or anchor not in anchors(page):
                bad.append(f"{where}: {path}#{anchor}")
        for title, number, path in SECTION.findall(line):
            text = page_of(where, path).read_text("utf-8")
            if not re.search(rf"^#+ .*{re.escape(title or number)}", text, re.MULTILINE):
                bad.append(f"{where}: {title or number} of {path}")
    assert bad == []


def test_every_question_of_a_newcomer_leads_to_a_file() -> None:
    """The table of CONTRIBUTING: at least ten questions, and each answer is a path below src."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = text.split("## Where is")[1].split("\n## ")[0]
    rows = [
        line.split(" | ") for line in table.split("\n") if line.startswith("| ") and "?" in line
    ]
    rows = [row for row in rows if len(row) == 2]
    assert len(rows) >= 10
    for question, answer in rows:
        paths = re.findall(r"`([^`]+/[^`]*)`", answer)
        assert paths, question
        assert [path for path in paths if not (SOURCE / path).exists()] == [], question
