"""The configuration: what is read, what is refused, and whose configuration counts."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.check import config_lookup
from pmgit.core.config import MAX_BYTES, SETTINGS, WEIGHTS, Config, parse
from pmgit.core.errors import PmgitError, UsageError
from pmgit.core.option import CHOICE, FLAG, NAMES, SIZE, Option
from pmgit.core.rule import Rule
from pmgit.snapshots import staged
from tests.kit import random_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

MODEL = "pretrained_model/bert"
WEIGHTS_FILE = f"{MODEL}/model.safetensors"
NO_SIZE = '[rules.tracked-weights]\nmax-raw-weights = "1 GB"\n'


class Sample(Rule):
    """A rule with an option of every type."""

    name = "sample"
    options = (
        Option("size", SIZE, 1000, "A size."),
        Option("mode", CHOICE, "a", "A choice.", ("a", "b")),
        Option("strict", FLAG, False, "A flag."),
        Option("names", NAMES, ["x"], "Names."),
    )


def read(text: str, source: str = ".pmgit.toml") -> Config:
    return parse(text.encode(), source)


def refused(text: str | bytes, source: str = ".pmgit.toml") -> UsageError:
    with pytest.raises(UsageError) as raised:
        parse(text.encode() if isinstance(text, str) else text, source)
    assert raised.value.exit_code == 2
    assert raised.value.message.startswith(source)
    return raised.value


def option(text: str, name: str) -> Any:
    config = read(f"[rules.sample]\n{text}\n")
    config.check_options(Sample.name, Sample.options)
    return Sample(config).option(name)


# --- what is read


def test_without_any_setting() -> None:
    for config in (Config(), read(""), read("# nothing\n")):
        assert config.models == ("pretrained_model", "pretrained_models")
        assert config.storage == ""
        assert config.language == "en"
        assert config.values["select"] == config.values["ignore"] == []
        assert config.rules == {}
        assert not any(config.weights.values())
        assert not config.excludes("a")


def test_every_setting() -> None:
    config = read(
        'models = ["weights"]\nstorage = "lfs"\nlanguage = "zh"\nexclude = ["*.bin"]\n'
        'select = ["size"]\nignore = ["oversized-model"]\n'
        '[weights]\nalways = ["*.a"]\nambiguous = ["*.b"]\nnever = ["*.c"]\n'
        "[rules.oversized-blob]\nmax-file-size = 1\n"
    )
    assert set(config.values) == set(SETTINGS)
    assert config.models == ("weights",)
    assert (config.storage, config.language) == ("lfs", "zh")
    assert (config.values["select"], config.values["ignore"]) == (["size"], ["oversized-model"])
    assert config.weights == {"always": ["*.a"], "ambiguous": ["*.b"], "never": ["*.c"]}
    assert set(config.weights) == set(WEIGHTS)
    assert config.rules == {"oversized-blob": {"max-file-size": 1}}
    assert config.source == ".pmgit.toml"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("models", "models"), ("models/", "models"), ("./models", "models"), ("a//b/", "a/b"),
     ("a/./b", "a/b"), ("模型", "模型"), ("..a", "..a"), ("a b", "a b")],
)  # fmt: skip
def test_a_models_folder_is_what_git_calls_it(written: str, meant: str) -> None:
    assert read(f"models = ['{written}']\n").models == (meant,)


def test_a_byte_order_mark_and_crlf() -> None:
    config = parse(b"\xef\xbb\xbfstorage = 'lfs'\r\n[rules.sample]\r\nsize = 3\r\n", ".pmgit.toml")
    assert config.storage == "lfs"
    assert Sample(config).option("size") == 3


def test_toml_that_is_not_plain() -> None:
    config = read("rules.sample = {size = 2_000, names = [\n'a', # c\n'b'\n]}\n")
    assert Sample(config).option("size") == 2000
    assert Sample(config).option("names") == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    ["[tool.pmgit]\nstorage = 'lfs'\n", "[tool]\npmgit = {storage = 'lfs'}\n",
     "[tool]\npmgit.storage = 'lfs'\n", "tool.pmgit.storage = 'lfs'\n",
     "[tool.'pmgit']\nstorage = 'lfs'\n", '[ tool . "pmgit" ]\nstorage = "lfs"\n',
     "[project]\nname = 'x'\n\n[tool.other]\nx = [\n1]\n[tool.pmgit]\nstorage = 'lfs'"],
)  # fmt: skip
def test_pyproject_toml_is_read(text: str) -> None:
    config = read(text, "pyproject.toml")
    assert config.storage == "lfs"
    assert config.source == "pyproject.toml [tool.pmgit]"


@pytest.mark.parametrize(
    "text",
    ["", "[project]\nname = 'x'\n", "[tool.other]\nstorage = 'lfs'\n", "broken = = broken",
     "[project]\ndependencies = ['pmgit']\n", "tool = 1\nname = 'pmgit'\n"],
)  # fmt: skip
def test_pyproject_without_pmgit(text: str) -> None:
    """What is wrong in a pyproject.toml that does not mention pmgit is not our business."""
    config = read(text, "pyproject.toml")
    assert config.source == ""
    assert config.storage == ""


# --- options of rules


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("", "size", 1000), ("size = 5", "size", 5), ("size = '1 MB'", "size", 10**6),
        ("size = '10MiB'", "size", 10 * 2**20), ("size = 0", "size", 0),
        ("", "mode", "a"), ("mode = 'b'", "mode", "b"),
        ("", "strict", False), ("strict = true", "strict", True),
        ("", "names", ["x"]), ("names = []", "names", []),
        ("names = ['y', 'z']", "names", ["y", "z"]),
    ],
)  # fmt: skip
def test_an_option_of_a_rule(text: str, name: str, value: Any) -> None:
    found = option(text, name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("size = true", "'rules.sample.size' is true, not a size, such as \"1 MB\" or 1000000"),
        ("size = -1", "'rules.sample.size' is -1, not a size"),
        ("size = 1.5", "'rules.sample.size' is 1.5, not a size"),
        ("size = 'many'", "'rules.sample.size' is the text 'many', not a size"),
        ("size = []", "'rules.sample.size' is the list [], not a size"),
        ("size = {}", "'rules.sample.size' is a table, not a size"),
        ("mode = 'c'", "unknown value for 'rules.sample.mode': 'c'"),
        ("mode = 1", "'rules.sample.mode' is 1, not text"),
        ("strict = 1", "'rules.sample.strict' is 1, not true or false"),
        ("strict = 'true'", "'rules.sample.strict' is the text 'true', not true or false"),
        ("names = 'a'", "'rules.sample.names' is the text 'a', not a list of text"),
        ("names = [1]", "'rules.sample.names' is the list [1], not a list of text"),
        ("sise = 1", "unknown key 'rules.sample.sise'"),
    ],
)
def test_a_wrong_option(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        option(text, "size")
    assert raised.value.message.startswith(f".pmgit.toml: {message}")


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        option("sise = 1", "size")
    assert raised.value.hint == "did you mean 'rules.sample.size'?"


@pytest.mark.parametrize(
    ("assignment", "name", "value"),
    [
        ("sample.size=20MB", "size", 20 * 10**6), ("sample.size = 7", "size", 7),
        ("sample.mode=b", "mode", "b"), ("sample.strict=true", "strict", True),
        ("sample.strict=false", "strict", False), ("sample.names=a,b", "names", ["a", "b"]),
        ("sample.names=", "names", []), ("sample.names=a=b", "names", ["a=b"]),
    ],
)  # fmt: skip
def test_an_option_from_a_command_line(assignment: str, name: str, value: Any) -> None:
    config = read("[rules.sample]\nsize = 1\nmode = 'a'\nstrict = true\nnames = []\n")
    config.override(assignment)
    config.check_options(Sample.name, Sample.options)
    assert Sample(config).option(name) == value


@pytest.mark.parametrize("assignment", ["", "sample", "sample.size", "=1", "size=1", ".size=1"])
def test_not_an_option_from_a_command_line(assignment: str) -> None:
    with pytest.raises(UsageError, match=r"not RULE\.OPTION=VALUE"):
        Config().override(assignment)


@pytest.mark.parametrize("assignment", ["sample.strict=yes", "sample.size=big", "sample.mode=c"])
def test_a_wrong_option_from_a_command_line(assignment: str) -> None:
    config = Config()
    config.override(assignment)
    with pytest.raises(UsageError, match=r"rules\.sample\."):
        config.check_options(Sample.name, Sample.options)


# --- what is refused


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("modles = []", "unknown key 'modles'", "did you mean 'models'?"),
        ("model = []", "unknown key 'model'", "did you mean 'models'?"),
        ("storge = 'lfs'", "unknown key 'storge'", "did you mean 'storage'?"),
        ("[rule.x]\ny = 1", "unknown key 'rule'", "did you mean 'rules'?"),
        ("[weight]\nnever = []", "unknown key 'weight'", "did you mean 'weights'?"),
        ("[weights]\nnevr = []", "unknown key 'weights.nevr'", "did you mean 'weights.never'?"),
        ("storage = 'lsf'", "unknown value for 'storage': 'lsf'", "did you mean 'lfs'?"),
        ("language = 'de'", "unknown value for 'language': 'de'", None),
        ("xyzzy = 1", "unknown key 'xyzzy'", "known: "),
        ("models = 'a'", "'models' is the text 'a', not a list of text", None),
        ("models = [1]", "'models' is the list [1], not a list of text", None),
        ("models = []", "'models' names no folder", None),
        ("storage = true", "'storage' is true, not text", None),
        ("select = {}", "'select' is a table, not a list of text", None),
        ("rules = 1", "'rules' is 1, not a table", "write [rules]"),
        ("[rules]\nx = 1", "'rules.x' is 1, not a table", "write [rules.x]"),
        ("weights = []", "'weights' is the list [], not a table", "write [weights]"),
        ("[weights]\nnever = 'x'", "'weights.never' is the text 'x', not a list of text", None),
        ("storage = 1979-05-27", "'storage' is 1979-05-27, not text", None),
    ],
)
def test_a_mistake_is_named(text: str, message: str, hint: str | None) -> None:
    error = refused(text)
    assert error.message.startswith(f".pmgit.toml: {message}")
    assert hint is None or error.hint.startswith(hint)


@pytest.mark.parametrize(
    "name", ["", "/", ".", "./", "..", "../x", "a/../b", "a/..", "/etc", "models/*", "a?", "[a]",
             "a\\\\b", "C:/models"]
)  # fmt: skip
def test_no_models_folder(name: str) -> None:
    error = refused(f'models = ["{name}"]\n')
    assert "is no folder below the top of the repository" in error.message


@pytest.mark.parametrize("text", ["= 1", "a", "[a", "a = [1", "a = 1\na = 2", "storage = lfs"])
@pytest.mark.parametrize("source", [".pmgit.toml", "pyproject.toml"])
def test_broken_toml(text: str, source: str) -> None:
    mention = "# pmgit\n" if source == "pyproject.toml" else ""
    error = refused(f"{mention}{text}\n", source)
    assert error.message.startswith(f"{source}: not valid TOML: ")


@pytest.mark.parametrize("data", [b"a = '\xff'", b"\xff\xfe[\0a\0]\0", "a = 'é'".encode("latin-1")])
def test_not_utf8(data: bytes) -> None:
    error = refused(data)
    assert error.message.startswith(".pmgit.toml: not UTF-8 (")


def test_a_table_is_wanted_in_pyproject() -> None:
    error = refused("tool.pmgit = 1\n", "pyproject.toml")
    assert error.message == "pyproject.toml [tool.pmgit] is 1, not a table"


def test_a_mistake_in_pyproject_is_named() -> None:
    error = refused("[tool.pmgit]\nstorge = 1\n", "pyproject.toml")
    assert error.message == "pyproject.toml [tool.pmgit]: unknown key 'storge'"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "[" * 100_000 + "]" * 100_000,
        "a = " + "{a = " * 100_000,
        "a." * 100_000 + "a = 1",
        "[" + "a." * 100_000 + "a]",
        "a = " + "9" * 900_000,
        "a = 0x" + "f" * 900_000,
        "a = 9999-99-99",
        "a = 2026-02-30T25:61:61Z",
        "a = 1e999999999",
        ("a." * 4990 + "a = 1\n") * 9,
        "".join(f"[{'a.' * 4900}a{n}]\n" for n in range(9)),
        "models = [\n" + "1,\n" * 50_000 + "]",
        "models = ['" + "x" * 9000 + "*']",
        "storage = '" + "x" * 9000 + "'",
        "x" * 9000 + " = 1",
        "\n".join(f"[a{n}]" for n in range(90_000)),
        "".join(f"k{n}{'.a' * 4900} = 1\n" for n in range(99)),
        "".join(f"k{n}" + '."a"' * 2400 + " = 1\n" for n in range(99)),
        "".join(f"[k{n}{' . a' * 2400}]\n" for n in range(99)),
        "".join(f"[k{n}{'.a' * 15}]\n" for n in range(25_000)),
        "a = [\n" + "[],\n" * 200_000 + "]",
        'a = """\n' + "'''\n" * 200_000 + '"""\nb.c = "x',
        "storage = 0x" + "f" * 9000,
        "models = [0x" + "f" * 9000 + "]",
    ],
    ids=lambda text: text[:12],
)
def test_a_bomb_is_an_error_in_little_time(text: str) -> None:
    start = time.process_time()
    error = refused(text)
    taken = time.process_time() - start
    assert taken < 5
    length = len(error.message)
    assert length < 600


def test_dots_in_texts_are_no_keys() -> None:
    dots = "." * 900
    texts = (
        f"'{dots}'", f'"{dots}"', f'"{dots}\\"{dots}"', f"'''\n{dots}'{dots}'''",
        f'"""\n{dots}"{dots}\\"{dots}"""', f'"""{dots}"""""',
    )  # fmt: skip
    names = ", # x.y\n".join(texts)
    config = read(f"# {dots}\n[rules.sample]\nnames = [ # {dots}\n{names}\n]\n")
    assert all(dots in name for name in Sample(config).option("names"))
    assert len(config.rules["sample"]["names"]) == len(texts)


def test_a_number_that_python_does_not_write() -> None:
    for key, what in (("rules.sample.size", "a size"), ("weights.never", "a list of text")):
        table, _, name = key.rpartition(".")
        text = f"[{table}]\n{name} = 0x{'1' * 5000}\n"
        with pytest.raises(UsageError) as raised:
            read(text).check_options(Sample.name, Sample.options)
        wanted = f".pmgit.toml: {key!r} is too large to show, not {what}"
        assert raised.value.message.startswith(wanted)


def test_the_largest_file() -> None:
    text = ("#" * 99 + "\n") * (MAX_BYTES // 100)
    assert read(text).source
    error = refused(f"{text}\n")
    assert "too large for a configuration" in error.message
    # A large pyproject.toml of others is not our business.
    assert read(f"{text}\n", "pyproject.toml").source == ""
    error = refused("\n# " + "x" * 10_000)
    assert error.message == ".pmgit.toml: line 2 has 10002 characters"


# --- exclude


@pytest.mark.parametrize(
    ("pattern", "path", "excluded"),
    [
        ("*.bin", "a/b.bin", True), ("/*.bin", "a/b.bin", False), ("a/", "a/b.bin", True),
        ("a/**", "a/b/c", True), ("b.bin", "a/b.bin", True), ("a/*.txt", "a/b.bin", False),
    ],
)  # fmt: skip
def test_exclude_reads_patterns_as_gitignore_does(pattern: str, path: str, excluded: bool) -> None:
    assert read(f"exclude = ['{pattern}']\n").excludes(path) is excluded


@pytest.mark.parametrize(
    "pattern", ["*a*a*a*a*b", "**/**/**/**/x", "**/a*b*c*/**/x*y", "x*y*z/[a-z]*[a-z]*[a-z]*1*"]
)
def test_an_exclude_pattern_of_many_wildcards(pattern: str) -> None:
    """More than a regular expression could try in time."""
    config = read(f"exclude = ['{pattern}']\n")
    assert not config.excludes("a" * 4000)
    assert not config.excludes("a/" * 2000 + "a")


def test_an_exclude_pattern_with_many_parts() -> None:
    assert read("exclude = ['a/**/b*/*c*/*.*.bin']\n").excludes("a/x/y/bb/cc/d.e.bin")


def test_an_exclude_pattern_that_is_none() -> None:
    with pytest.raises(UsageError, match="exclude"):
        read("exclude = ['!']\n").excludes("a")


# --- whose configuration


def test_what_is_staged_counts(repo: Repo) -> None:
    repo.add_info(MODEL)
    repo.stage(WEIGHTS_FILE, 2000)
    assert repo.rules() == ["tracked-weights"]
    # One that is not tracked counts, or it would seem to do nothing.
    repo.write(".pmgit.toml", NO_SIZE)
    assert repo.rules() == []
    # When one is tracked, only what is staged of it counts.
    repo.stage(".pmgit.toml", "# nothing\n")
    repo.write(".pmgit.toml", NO_SIZE)
    assert repo.rules() == ["tracked-weights"]
    assert repo.hook("pre-commit").code == 1
    repo.git("add", ".pmgit.toml")
    assert repo.rules() == []
    assert repo.hook("pre-commit").code == 0


def test_a_range_has_the_configuration_of_its_tip(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    base = repo.commit()
    repo.add_info(MODEL)
    repo.stage(WEIGHTS_FILE, 2000)
    repo.commit("Sin")
    repo.write(".pmgit.toml", NO_SIZE)
    assert repo.rules("--range", f"{base}..") == ["tracked-weights"]
    repo.git("add", ".pmgit.toml")
    assert repo.rules("--range", f"{base}..") == ["tracked-weights"]
    repo.commit("Allow it")
    assert repo.rules("--range", f"{base}..") == []


def test_pmgit_toml_comes_before_pyproject(repo: Repo) -> None:
    repo.add_info(MODEL)
    repo.stage_all({WEIGHTS_FILE: 2000, "pyproject.toml": "[tool.pmgit]\nignore = ['size']\n"})
    assert repo.rules() == []
    repo.stage(".pmgit.toml", "language = 'zh'\n")
    assert repo.rules() == ["tracked-weights"]


def test_only_the_top_of_the_repository_counts(repo: Repo) -> None:
    repo.add_info(MODEL)
    repo.stage_all({WEIGHTS_FILE: 2000, f"{MODEL}/.pmgit.toml": NO_SIZE})
    assert [f["rule"] for f in repo.check()] == ["tracked-weights"]
    result = repo.pmgit("check", cwd=MODEL)
    assert "tracked-weights" in result.out


def test_a_folder_that_is_excluded_is_excluded_as_a_model(repo: Repo) -> None:
    repo.stage_all({WEIGHTS_FILE: 2000, "pretrained_model/Old One/model.safetensors": 2000})
    assert len(repo.check()) == 5
    repo.stage(".pmgit.toml", 'exclude = ["/pretrained_model/Old One/"]\n')
    assert {f["path"] for f in repo.check()} == {MODEL, WEIGHTS_FILE}


def test_what_is_not_a_file_is_no_configuration(repo: Repo, tmp_path: Path) -> None:
    """Nothing is opened through a link, a pipe does not hang, and nobody believes it counts."""
    (tmp_path / "outside").write_text("modles = 1\n")
    repo.stage("a.txt", "a\n")
    for name, code in ((".pmgit.toml", 2), ("pyproject.toml", 0)):
        path = repo.path / name
        path.symlink_to(tmp_path / "outside")
        answers = [repo.hook("pre-commit")]
        path.unlink()
        os.mkfifo(path)
        answers.append(repo.hook("pre-commit"))
        path.unlink()
        path.mkdir()
        answers.append(repo.hook("pre-commit"))
        path.rmdir()
        assert [answer.code for answer in answers] == [code] * 3, answers
        if code:
            assert {answer.err for answer in answers} == {
                "pmgit: .pmgit.toml is not a file\nhint: it holds the configuration, as TOML\n"
            }


def test_a_configuration_that_may_not_be_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write(".pmgit.toml", "")
    monkeypatch.chdir(repo.path)
    snapshot = staged.take()

    opened = open

    def refuse(file: Any, *args: Any, **options: Any) -> Any:
        if isinstance(file, str):
            raise PermissionError(13, "Permission denied")
        return opened(file, *args, **options)  # what git has printed

    # Not by its mode: root may read everything.
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(PmgitError, match=r"^.pmgit.toml cannot be read: Permission denied$"):
        config_lookup.read(snapshot)


def test_a_tracked_link_is_no_configuration(repo: Repo) -> None:
    (repo.path / ".pmgit.toml").symlink_to("config/pmgit.toml")
    repo.git("add", ".pmgit.toml")
    failed = repo.hook("pre-commit")
    assert failed.code == 2, failed
    assert failed.err == "pmgit: .pmgit.toml is a link or a submodule, not a file\n"


def test_a_configuration_that_a_partial_clone_has_not(repo: Repo, tmp_path: Path) -> None:
    repo.stage(".pmgit.toml", "# the strictest rules\n")
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = type(repo)(tmp_path / "partial", repo.env, init=None)
    repo.git("clone", "-q", "--filter=blob:none", "-n", repo.path.as_uri(), str(partial.path))
    partial.read_head()
    failed = partial.pmgit("check", "--all")
    assert failed.code == 3, failed
    assert failed.err.startswith("pmgit: .pmgit.toml is not here (partial clone)")


def test_an_untracked_configuration_that_never_ends(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    with open(repo.write(".pmgit.toml", random_bytes(10)), "r+b") as file:
        file.truncate(10**12)
    failed = repo.hook("pre-commit")
    assert failed.code == 2, failed
    assert "too large for a configuration" in failed.err


def test_an_unknown_rule_in_the_configuration(repo: Repo) -> None:
    for text, message in (
        ("[rules.mising-info]\nlocal = 'off'\n", "[rules.mising-info]: unknown rule 'mising-info'"),
        ("select = ['siez']\n", "unknown rule or family 'siez'"),
        ("ignore = ['siez']\n", "unknown rule or family 'siez'"),
        ("[rules.missing-info]\nlocl = 'off'\n", "unknown key 'rules.missing-info.locl'"),
        ("[rules.missing-pointer]\nx = 1\n", "unknown key 'rules.missing-pointer.x'"),
    ):
        repo.stage(".pmgit.toml", text)
        failed = repo.hook("pre-commit")
        assert failed.code == 2, failed
        assert failed.err.startswith(f"pmgit: .pmgit.toml: {message}\nhint: ")
