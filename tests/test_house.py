"""The conventions of the house (CONTRIBUTING.md), so that no reviewer has to remember them."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.formats import assemble
from tests.kit import pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import Repo

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
import house

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "pmgit"

FLOOR = {name: number for number, floor in enumerate(house.FLOORS) for name in floor}
#: Everything may import `pmgit/__init__.py`. It imports one module, when somebody asks for a path.
FLOOR[""] = len(house.FLOORS)

#: What a child prints is read by pmgit, and goes to no terminal.
TALKERS = ("__main__", "cli", "hook", "commands", "child")

#: What the hook must not import: each costs 5 to 130 ms, on every commit (docs/performance.md).
SLOW = {
    "argparse", "click", "dataclasses", "git", "huggingface_hub", "json", "logging", "pathlib",
    "pathspec", "re", "rich", "subprocess", "tomllib", "typing",
}  # fmt: skip

HEADINGS = ["## What it reports", "## Why it is bad", "## Example", "## What to do"]


@cache
def modules() -> dict[str, ast.Module]:
    """All modules of pmgit by their dotted name, parsed."""
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        parts = ["pmgit", *file.relative_to(SOURCE).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = ast.parse(file.read_bytes(), str(file))
    return found


def floor(module: str) -> int:
    """The floor of a module of pmgit; the ground is the highest number."""
    return FLOOR[room(module)]


def room(module: str) -> str:
    """The part of a module's name that decides where it lives."""
    return [*module.split("."), ""][1]


def below(tree: ast.AST) -> list[ast.AST]:
    """The node and all nodes below it, which `ast` takes three times as long to find."""
    found = [tree]
    for node in found:  # it grows
        for value in vars(node).values():
            if isinstance(value, list):
                found += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                found.append(value)
    return found


@cache
def nodes(module: str) -> list[ast.AST]:
    """All nodes of a module of pmgit."""
    return below(modules()[module])


@pytest.fixture(scope="module", autouse=True)
def _forget() -> Iterator[None]:
    """All trees are a million objects, which each later search for garbage would look at."""
    yield
    for kept in (modules, nodes, uses, are_imported):
        kept.cache_clear()


def types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def walk(node: ast.AST, types: bool) -> Iterator[ast.AST]:
    """All nodes below; without those that only a type checker sees unless `types`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if types or not types_only(child):
            yield from walk(child, types)


@cache
def imported(module: str, *, types: bool = True) -> set[str]:
    """The dotted names that a module imports, wherever in it."""
    found: set[str] = set()
    for node in nodes(module) if types else walk(modules()[module], types):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                found.add(name if name in modules() else str(node.module))
    return found


def own(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == "pmgit"}


def importers(package: str) -> set[str]:
    """The rooms whose modules import `package`."""
    return {
        room(module)
        for module in modules()
        if any(name.split(".")[0] == package for name in imported(module))
    }


def dotted(node: ast.expr) -> str:
    """The source of a node: for names with dots, in a twentieth of the time of unparsing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute | ast.Name):
        return f"{dotted(node.value)}.{node.attr}"
    return ast.unparse(node)


@cache
def uses(module: str) -> list[tuple[int, str, ast.expr]]:
    """Line, dotted name and node of everything that a module calls or names with a dot."""
    found = [node for node in nodes(module) if isinstance(node, (ast.Attribute, ast.Name))]
    return [(node.lineno, dotted(node), node) for node in found]


def seem_imported(file: Path) -> set[str]:
    """The modules in lines that look like imports, whole texts of tests among them."""
    lines = re.findall(
        r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+(.*))", file.read_text(), re.MULTILINE
    )
    names = {name for one, several in lines for name in (one, *several.split(","))}
    return {found[0] for name in names if (found := re.findall(r"\w+", name))}


@cache
def are_imported(file: Path) -> set[str]:
    """The modules that a file imports, wherever in it; takes a hundred times as long."""
    there = below(ast.parse(file.read_bytes(), str(file)))
    names = {a.name for node in there if isinstance(node, ast.Import) for a in node.names}
    names |= {str(node.module) for node in there if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


def distributions(requirements: list[str]) -> set[str]:
    """The normalized names of what requirements such as `click>=8.1` ask for."""
    return {re.split(r"[^\w.-]", one)[0].lower().replace("_", "-") for one in requirements}


def test_what_is_imported_is_declared() -> None:
    """A library that comes with another one today is gone tomorrow."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    owners = packages_distributions()
    names = {name.split(".")[0] for module in modules() for name in imported(module)}
    foreign = names - set(sys.stdlib_module_names) - {"pmgit", "compression"}  # of Python 3.14
    used = {owners[name][0].lower().replace("_", "-") for name in foreign}
    programs = {"pre-commit"}  # run, not imported
    optional = {"hf-xet"}  # huggingface_hub brings it where there is one; all works without it
    declared = distributions(project["project"]["dependencies"])
    for extra in project["project"]["optional-dependencies"].values():
        optional |= distributions(extra)
    assert (used - optional) | programs == declared
    files = [f for name in ("tests", "scripts", "bench") for f in (ROOT / name).rglob("*.py")]
    ours = {"pmgit", "tests", *(file.stem for file in files)}
    where: dict[str, list[Path]] = {}
    for one in files:
        for name in seem_imported(one) - set(sys.stdlib_module_names) - ours:
            where.setdefault(name, []).append(one)
    foreign = {name for name, those in where.items() if any(name in are_imported(f) for f in those)}
    assert {"pytest", "yaml", "filelock"} <= foreign
    grouped = [one for group in project["dependency-groups"].values() for one in group]
    used = {owners[name][0].lower().replace("_", "-") for name in foreign}
    assert used <= declared | distributions(grouped)


def rule_modules() -> list[str]:
    return sorted(file.stem for file in (SOURCE / "rules").glob("*.py") if file.stem[0] != "_")


def command_modules() -> list[str]:
    return sorted(file.stem for file in (SOURCE / "commands").glob("*.py") if file.stem[0] != "_")


# --- values

#: Where something is judged: what others have made is not changed there.
JUDGEMENT = ("check.", "fix.", "rules.", "hook", "server.judge", "server.pre_receive")
#: Who finds out the sizes of blobs, and what small ones hold.
MEASURERS = {f"pmgit.git.{name}" for name in ("blob", "contents", "index_sizes", "objects")}


def set_of_others(module: str) -> Iterator[str]:
    """The attributes that a module sets of something else than `self`."""
    for _, name, node in uses(module):
        is_set = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if is_set and not name.startswith("self."):
            yield name


def test_nobody_changes_what_somebody_else_has_made() -> None:
    """Snapshots, findings and fixes: an answer would depend on who came first."""
    begins = tuple(f"pmgit.{name}" for name in JUDGEMENT)
    judging = [m for m in modules() if m.startswith(begins) and not m.startswith("pmgit.hooks")]
    assert len(judging) > 30
    assert [(module, name) for module in judging for name in set_of_others(module)] == []
    sized = {
        module
        for module in modules()
        for name in set_of_others(module)
        if name in ("blob.size", "blob.head")
    }
    assert sized == MEASURERS


# --- layers


def test_every_module_has_a_floor() -> None:
    assert {room(module) for module in modules()} <= set(FLOOR)


def test_imports_only_go_down() -> None:
    up = [
        f"{module} imports {name}"
        for module in modules()
        for name in own(imported(module))
        if floor(name) < floor(module) and module != "pmgit"
    ]
    assert up == []


def test_the_package_itself_imports_nothing_until_it_is_asked() -> None:
    assert own(imported("pmgit")) == {"pmgit.model.located"}
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) and "pmgit" in ast.unparse(node)
                   for node in modules()["pmgit"].body)  # fmt: skip


def test_imports_have_no_circle() -> None:
    """Imports that only a type checker sees count too: who reads the code follows them."""
    arrows = {module: own(imported(module)) - {module, "pmgit"} for module in modules()}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_house_has_at_most_twelve_floors() -> None:
    """By the imports themselves: the longest way down through packages, and by the list."""
    below: dict[str, set[str]] = {}
    for module in modules():
        rooms = {room(name) for name in own(imported(module)) if module != "pmgit"}
        below.setdefault(room(module), set()).update(rooms - {room(module), ""})

    @cache
    def height(name: str) -> int:
        return 1 + max((height(other) for other in below[name]), default=0)

    assert max(map(height, below)) <= len(house.FLOORS) <= 12


def test_every_room_says_what_lives_there() -> None:
    assert [room for room in FLOOR if room and not house.sentence(room)] == []


# --- one owner each


#: git is started in one place, the two hook frameworks in another (with the commits that try their
#: hooks), printed fixes in a third, and what loads models in a fourth; `entry` starts itself again,
#: in its own place.
STARTERS = [
    "pmgit.git.process", "pmgit.hooks.frameworks", "pmgit.commands._steps", "pmgit.core.startup",
    "pmgit.models.child",
]  # fmt: skip


def test_processes_are_started_in_few_places_only() -> None:
    starters = re.compile(
        r"os\.(system|popen|fork|forkpty|exec\w+|spawn\w+|posix_spawnp?|startfile)"
        r"|(subprocess|multiprocessing|pty|asyncio|concurrent)(\.\w+)*"
    )
    found = [
        f"{module}:{line}: {name}"
        for module in modules()
        if module not in STARTERS
        for line, name, _ in uses(module)
        if starters.fullmatch(name)
    ]
    assert found == []
    assert {m for m in modules() if "subprocess" in imported(m)} <= set(STARTERS)


@pytest.mark.parametrize(
    ("package", "owner"), [("git", "git"), ("huggingface_hub", "hub"), ("prek", "")]
)
def test_one_owner(package: str, owner: str) -> None:
    assert importers(package) <= {owner}


def test_only_commands_and_hook_print() -> None:
    talk = re.compile(
        r"print|input|sys\.(__)?std(out|err)(__)?(\.\w+)*|(click\.)?(echo\w*|secho|prompt|confirm)"
    )
    found = []
    for module in modules():
        if room(module) in TALKERS:
            continue
        found += [f"{module}:{line}: {n}" for line, n, _ in uses(module) if talk.fullmatch(n)]
        for node in nodes(module):
            if (
                isinstance(node, ast.Call)
                and dotted(node.func) == "os.write"
                and ast.unparse(node.args[0]) in ("1", "2")
            ):
                found.append(f"{module}:{node.lineno}: os.write to the terminal")
    assert found == []


# --- form


def test_one_class_name_means_one_thing() -> None:
    owners: dict[str, list[str]] = {}
    for module in modules():
        for node in nodes(module):
            if isinstance(node, ast.ClassDef):
                owners.setdefault(node.name, []).append(module)
    assert {name: where for name, where in owners.items() if len(where) > 1} == {}


def test_no_module_is_long() -> None:
    lines = {
        str(file.relative_to(ROOT)): len(file.read_bytes().splitlines())
        for folder in ("src", "tests", "scripts", "bench")
        for file in (ROOT / folder).rglob("*.py")
    }
    assert {name: n for name, n in lines.items() if n > 620} == {}


@pytest.mark.parametrize("name", rule_modules())
def test_rule_has_one_name(name: str) -> None:
    """`rules/missing_info.py`, `missing-info`, `class MissingInfo`, `test_missing_info.py`."""
    tree = modules()[f"pmgit.rules.{name}"]
    classes = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and "Rule" in [ast.unparse(base) for base in node.bases]
    ]
    assert len(classes) == 1, "one module, one rule"
    rule = classes[0]
    assert rule.name == "".join(word.title() for word in name.split("_"))
    values = {
        ast.unparse(target): ast.literal_eval(node.value)
        for node in rule.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
    }
    assert values["name"] == name.replace("_", "-")
    assert values["family"]
    assert (ROOT / f"tests/rules/test_{name}.py").is_file()


@pytest.mark.parametrize("name", rule_modules())
def test_rule_has_its_page(name: str) -> None:
    """The docstring is the manual page: a title, then four parts, none of them empty."""
    tree = modules()[f"pmgit.rules.{name}"]
    rule = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    page = ast.get_docstring(rule) or ""
    assert [line for line in page.splitlines() if line.startswith("## ")] == HEADINGS
    title, *parts = re.split(r"^## .*$", page, flags=re.MULTILINE)
    assert title.strip()
    assert "\n" not in title.strip()
    assert all(part.strip() for part in parts)


@pytest.mark.parametrize("name", command_modules())
def test_command_has_its_test(name: str) -> None:
    assert (ROOT / f"tests/commands/test_{name}.py").is_file()


@pytest.mark.parametrize("name", command_modules())
def test_command_has_help(name: str, repo: Repo) -> None:
    command = name.replace("_", "-")
    shown = repo.pmgit(command, "--help")
    assert shown.code == 0, shown
    assert re.match(rf"Usage: pmgit {command} [^\n]*\n\n  \w", shown.out), shown.out
    assert re.search(rf"^  {command} +\w", repo.pmgit("--help").out, re.MULTILINE)


def test_every_test_mirrors_a_module() -> None:
    """A test of a folder that mirrors `src` names the module that it is about."""
    strays = [
        str(file.relative_to(ROOT))
        for folder in ("rules", "commands")
        for file in (ROOT / "tests" / folder).glob("test_*.py")
        if not (SOURCE / folder / f"{file.stem.removeprefix('test_')}.py").is_file()
    ]
    assert strays == []


# --- the path of every commit


def loaded(repo: Repo, code: str) -> set[str]:
    """The modules that Python imports while it runs `code` in the repository."""
    shown = repo.run([sys.executable, "-X", "importtime", "-c", code])
    assert shown.code == 0, shown
    assert shown.out == ""
    return {
        line.rpartition("|")[2].strip()
        for line in shown.err.splitlines()
        if line.startswith("import time:")
    }


@pytest.mark.parametrize("situation", ["nothing staged", "clean change", "configured", "torch zip"])
def test_hook_imports_nothing_slow(situation: str, lfs_repo: Repo) -> None:
    if situation != "nothing staged":
        line = "filter=lfs diff=lfs merge=lfs -text\n"
        lfs_repo.stage(".gitattributes", f"*.safetensors {line}*.pt {line}")
        lfs_repo.commit("What is in Git LFS")
        lfs_repo.add_info("pretrained_model/bert")
        lfs_repo.stage_blob("pretrained_model/bert/model.safetensors", pointer(b"0" * 2_000_000))
        lfs_repo.stage("src/main.py", "pass\n")
    if situation == "configured":
        lfs_repo.stage(".pmgit.toml", 'models = ["pretrained_model"]\nstorage = "lfs"\n')
    if situation == "torch zip":  # its content is judged
        zipped = assemble.torch_zip()
        lfs_repo.git("lfs", "clean", stdin=zipped)
        lfs_repo.stage_blob("pretrained_model/bert/model.pt", pointer(zipped))
    # What the console script does.
    code = "import sys; sys.argv = ['pmgit-hook', 'pre-commit']\n"
    code += "from pmgit.hook import main; sys.exit(main())"
    names = loaded(lfs_repo, code) - loaded(lfs_repo, "pass")
    assert "pmgit.hook" in names
    assert {name.split(".")[0] for name in names} & SLOW == set()


@pytest.mark.parametrize("packed", [False, True])
def test_git_processes_do_not_grow(packed: bool, lfs_repo: Repo) -> None:
    """A fixed, small number of git processes, however many models and files are staged."""
    started = []
    for number in range(8):
        lfs_repo.add_info(f"pretrained_model/model-{number}", f"https://example.invalid/{number}")
    lfs_repo.commit("Describe the models")
    if packed:
        lfs_repo.git("gc", "-q")
    for number in range(8):
        for part in "abc":
            name = f"{number}{part}"
            path = f"pretrained_model/model-{number}/{part}.safetensors"
            lfs_repo.stage_blob(path, pointer(name.encode() * 500_000))
            lfs_repo.stage(f"src/{name}.py", f"# {name}\n")
        if number in (0, 7):
            trace = lfs_repo.path.parent / f"trace-{number}"
            shown = lfs_repo.hook("pre-commit", env={"GIT_TRACE": str(trace)})
            assert (shown.code, shown.out) == (0, ""), shown
            started.append(sorted(re.findall(r" built-in: git (\S+)", trace.read_text())))
    assert started[0] == started[1]
    assert len(started[1]) <= 8


def test_check_asks_git_for_each_thing_once(repo: Repo) -> None:
    repo.stage("pretrained_model/bert/model.safetensors", 1000)
    repo.commit()
    repo.stage("pretrained_model/gpt2/model.safetensors", 1001)
    trace = repo.path.parent / "trace"
    shown = repo.pmgit("check", env={"GIT_TRACE": str(trace)})
    assert "pmgit gitignore" in shown.fixes[0]
    asked = sorted(re.findall(r" built-in: git (\S+)", trace.read_text()))
    assert asked == ["check-attr", "check-ignore", "diff-index", "ls-tree", "rev-parse"]


def test_commits_are_asked_for_once(repo: Repo) -> None:
    """A range is one walk and one index; a plan for unpushed commits judges them once."""
    repo.push_first("pretrained_model/bert")
    repo.stage("a.txt", "a\n")
    repo.commit()

    def asked(*args: str) -> list[str]:
        trace = repo.path.parent / args[0]
        repo.pmgit(*args, env={"GIT_TRACE": str(trace)})
        return re.findall(r" built-in: git (\S+)", trace.read_text())

    clean = asked("check", "--range", "origin/main..HEAD")
    assert {*clean} - {"version"} == {
        "cat-file", "check-attr", "log", "ls-files", "read-tree", "rev-parse",
    }, clean  # fmt: skip
    assert len(clean) <= 7, clean
    repo.stage("pretrained_model/bert/model.safetensors", 1000)
    repo.commit()
    planned = asked("fix", "--dry-run")
    judged = ["config", "for-each-ref", "log", "read-tree", "ls-tree"]
    assert [planned.count(name) for name in judged] == [1, 1, 1, 1, 1], planned
    assert {*planned}.isdisjoint({"diff-tree", "merge-base", "rev-list", "symbolic-ref"}), planned


# --- danger


def test_no_dangerous_calls() -> None:
    """Weights are read as bytes. Nothing of them is ever loaded, run or unpacked to disk: not here.

    What loads them (`child/`) runs in a process of its own, with limits and an audit hook.
    """
    danger = re.compile(
        r"(\w+\.)*(extractall|unpack_archive|mktemp|allow_pickle)|eval|exec|compile|__import__"
        r"|(pickle|_pickle|cloudpickle|dill|marshal|shelve|joblib|torch|yaml)\.\w+"
        r"|(numpy|np)\.load|importlib\.import_module|runpy\.\w+"
    )
    # Commands, rules and formats are imported by name, from lists in the code.
    allowed = {
        ("cli", "importlib.import_module"), ("cli", "__import__"), ("rules", "__import__"),
        ("formats", "__import__"), ("child", "importlib.import_module"),
        ("child", "runpy.run_path"),
        ("child", "numpy.load"),
    }  # fmt: skip
    found = []
    for module, tree in modules().items():
        found += [
            f"{module}:{line}: {name}"
            for line, name, _ in uses(module)
            if danger.fullmatch(name)
            and (room(module), name) not in allowed
            and not (room(module) == "child" and name.startswith("torch."))
        ]
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.keyword)
                and node.arg in ("shell", "allow_pickle")
                and ast.unparse(node.value) != "False"
            ):
                found.append(f"{module}:{node.value.lineno}: {node.arg}=")
            if isinstance(node, ast.Call) and dotted(node.func) == "torch.load":
                options = {one.arg: ast.unparse(one.value) for one in node.keywords}
                assert options["weights_only"] == "True"
        names = {name.split(".")[0] for name in imported(module)}
        bad = names & {"pickle", "_pickle", "marshal", "shelve", "joblib", "torch", "dill"}
        found += [f"{module}: import {name}" for name in sorted(bad)]
    assert found == []


# --- the project stands on its own


def project_files() -> list[Path]:
    """What belongs to the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=False,
    )
    if listed.returncode or not (ROOT / ".git").exists():  # an unpacked source distribution
        return [
            file
            for file in ROOT.rglob("*")
            if file.is_file() and not {".venv", ".cache", "__pycache__"} & set(file.parts)
        ]
    names = [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_file_names_a_place_of_this_machine() -> None:
    """Nobody else has the folder above this one, this HOME, or a temporary folder."""
    temporary = {tempfile.gettempdir(), "/tmp"}
    places = {str(ROOT.parent), str(Path.home()), os.path.expanduser("~")} | temporary
    escaped = "|".join(re.escape(place) for place in places if place.count("/") and place != "/")
    # A place begins where a path begins: "/srv" is not in "the/srv" or "$X/srv".
    place = re.compile(rf"(?<![\w.*}}$/-])(?:{escaped})/".encode() + rb"|\.\./" + b"shared/")
    found = [
        f"{file.relative_to(ROOT)}: {match.group().decode()}"
        for file in project_files()
        for match in place.finditer(file.read_bytes())
    ]
    assert found == []


def test_no_markdown_link_leads_out_or_nowhere() -> None:
    bad = []
    for file in project_files():
        if file.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
            path = target.partition("#")[0]
            if path and "://" not in path and not path.startswith("mailto:"):
                there = (file.parent / path).resolve()
                if not there.is_relative_to(ROOT.resolve()) or not there.exists():
                    bad.append(f"{file.relative_to(ROOT)}: {target}")
    assert bad == []
