"""`unportable-path`: names that not every system can check out."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.rules.unportable_path import _surely_portable, fault_of, fault_of_part, portable_part

if TYPE_CHECKING:
    from tests.kit import Repo

RULE = "unportable-path"
BERT = "pretrained_model/bert"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *args)


CASES = [
    ("step:1000.bin", "it holds ':'", "step_1000.bin"),
    ('say "hi".bin', "it holds '\"'", "say _hi_.bin"),
    ("*.bin", "it holds '*'", "_.bin"),
    ("a?b<c>|d.bin", "it holds '?'", "a_b_c__d.bin"),
    ("back\\slash.bin", "it holds '\\\\'", "back_slash.bin"),
    ("x\ntouch PWNED\n.bin", "it holds '\\n'", "x_touch PWNED_.bin"),
    ("\x1b[31mred.bin", "it holds '\\x1b'", "_[31mred.bin"),
    ("a\u202eb.bin", "it holds '\\u202e'", "a_b.bin"),
    (":(exclude)x", "it holds ':'", "_(exclude)x"),
    ("trailing.bin ", "a part of it ends in a dot or a space", "trailing.bin"),
    ("dots...", "a part of it ends in a dot or a space", "dots"),
    ("con", "'con' is a device on Windows", "con_"),
    ("AUX.tar.gz", "'AUX.tar.gz' is a device on Windows", "AUX_.tar.gz"),
    ("nul .txt", "'nul .txt' is a device on Windows", "nul_.txt"),
    ("COM7.bin", "'COM7.bin' is a device on Windows", "COM7_.bin"),
    ("caf\udce9.bin", "bytes that are not UTF-8", "caf_.bin"),
    ("e\u0301.bin", "letters that are not in composed form (NFC)", "é.bin"),
    ("é" * 125 + ".safetensors", "a part of it has over 255 bytes", "é" * 121 + ".safetensors"),
]
NAMES = [case[0] for case in CASES[:-1]]  # what this file system can hold


@pytest.mark.parametrize(("name", "fault", "target"), CASES, ids=ascii)
def test_faults_and_the_nearest_name(name: str, fault: str, target: str) -> None:
    assert fault_of_part(name) == fault
    assert portable_part(name) == target
    assert fault_of_part(target) == ""


@pytest.mark.parametrize("name", ["...", " ", "\x00", "a" * 300, "x." + "y" * 300, "模" * 99])
def test_the_nearest_name_is_portable(name: str) -> None:
    assert fault_of_part(name)
    assert fault_of_part(portable_part(name)) == ""


@pytest.mark.parametrize(
    "name",
    ["model.bin", "it's.bin", "$(touch PWNED).bin", "`x`;&.bin", "[a].bin", "=x", "~x", "-rf",
     "#x", "!x", "{a,b}", "with space.bin", " leading", "模型.bin", "é.bin", "🤗.bin",
     "x=1,y=2.bin",
     "constant.bin", "auxiliary", "com0", "com10", "a.con", "x" * 255],
    ids=ascii,
)  # fmt: skip
def test_it_accepts_portable_names(name: str) -> None:
    assert fault_of_part(name) == ""


def test_it_reports_a_colon(repo: Repo) -> None:
    repo.stage(f"{BERT}/step:1000.bin", 10)
    (finding,) = findings(repo)

    assert finding["path"] == f"{BERT}/step:1000.bin"
    assert finding["message"] == "not every system can have this name: it holds ':'"
    assert finding["severity"] == "error"


def test_only_new_paths_below_a_models_folder(repo: Repo) -> None:
    repo.stage_all({"docs/what?.md": "text", f"{BERT}/old?.txt": "text"})
    repo.commit()
    repo.stage_all({f"{BERT}/old?.txt": "changed", "docs/which?.md": "text"})
    assert findings(repo) == []

    assert [f["path"] for f in findings(repo, "--all")] == [f"{BERT}/old?.txt"]


def test_the_name_of_the_models_folder_is_not_judged(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["con"]\n')
    repo.stage("con/bert/a.bin", 10)
    assert findings(repo) == []

    repo.stage("con/bert/con", "")
    assert len(findings(repo)) == 1


def test_an_excluded_path(repo: Repo) -> None:
    repo.stage(f"{BERT}/a:b", 10)
    repo.write(".pmgit.toml", f'exclude = ["{BERT}/a:*"]\n')

    assert findings(repo) == []


def test_deleting_a_bad_name_is_welcome(repo: Repo) -> None:
    repo.stage(f"{BERT}/a:b", 10)
    repo.commit()
    repo.git("rm", "-q", f"{BERT}/a:b")

    assert findings(repo) == []


def test_a_long_path(repo: Repo) -> None:
    folder = f"{BERT}/" + "/".join(["deep" * 10] * 6)
    repo.stage(f"{folder}/x.txt", "text")
    (finding,) = findings(repo)

    path = f"{folder}/x.txt"
    assert finding["message"].endswith(f": {len(path)} characters, 240 are safe")
    assert finding["fix"] is None


# -- fixes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cwd", "born"), [("", False), ("sub dir", True), (BERT, False)])
def test_the_fix_renames_every_one(repo: Repo, born: bool, cwd: str) -> None:
    if born:
        repo.commit("first", "--allow-empty")
    (repo.path / "sub dir").mkdir()
    for number, name in enumerate(NAMES):
        repo.write(f"{BERT}/{name}", f"text {number}")
    repo.git("add", "--", BERT)
    assert len(findings(repo)) == len(NAMES)
    fixes = repo.pmgit("check", "--select", RULE, cwd=cwd).fixes
    for fix in fixes:
        repo.paste(fix, cwd=cwd)

    assert len(fixes) == len(NAMES)
    assert findings(repo) == []
    contents = {repo.blob(path).decode() for path in repo.staged()}
    assert contents == {f"text {number}" for number in range(len(NAMES))}
    assert not list(repo.path.rglob("PWNED"))


def test_a_folder_is_renamed_as_a_whole(repo: Repo) -> None:
    for number in range(30):
        repo.write(f"{BERT}/step:1/{number}.txt", f"{number}")
    repo.write(f"{BERT}/step:1/a:b/c?.txt", "deeper")
    repo.git("add", "--", BERT)
    repo.write(f"{BERT}/step:1/untracked", "mine")
    result = repo.pmgit("check", "--select", RULE)
    assert result.fixes == [f"git mv -- {BERT}/step:1 {BERT}/step_1"]
    repo.paste_all("--select", RULE)

    assert findings(repo) == []
    assert f"{BERT}/step_1/a_b/c_.txt" in repo.staged()
    assert (repo.path / BERT / "step_1/untracked").exists()
    assert not (repo.path / BERT / "step:1").exists()


def test_a_name_that_is_taken_gets_a_number(repo: Repo) -> None:
    repo.stage_all(
        {f"{BERT}/a_b.bin": "first", f"{BERT}/a:b.bin": "second", f"{BERT}/a?b.bin": "third"}
    )
    repo.write(f"{BERT}/A_B-2.BIN", "untracked")
    assert len(repo.pmgit("check", "--select", RULE).fixes) == 2
    repo.paste_all("--select", RULE)

    assert repo.staged() == [f"{BERT}/a_b-3.bin", f"{BERT}/a_b-4.bin", f"{BERT}/a_b.bin"]
    assert repo.blob(f"{BERT}/a_b.bin") == b"first"


def test_staged_and_then_deleted_or_changed_on_disk(repo: Repo) -> None:
    repo.stage(f"{BERT}/gone:.txt", "gone").unlink()
    repo.stage(f"{BERT}/new:.txt", "staged").write_text("on disk")
    repo.paste_all("--select", RULE)

    assert findings(repo) == []
    assert repo.blob(f"{BERT}/gone_.txt") == b"gone"
    assert repo.blob(f"{BERT}/new_.txt") == b"staged"
    assert (repo.path / BERT / "new_.txt").read_text() == "on disk"


def test_the_look_at_all_paths_at_once_misses_nothing() -> None:
    """What it calls portable has no fault part by part; and it is not needed for usual names."""
    rng = random.Random(7)
    parts = [
        *("a", "con", "Con.txt", "com1", "x.", "y ", " z", "nul .bin", "config.json", "lpt9.a"),
        *("step:1", "a\\b", "é", "e\u0301", "\udcff", "t\ta", "n" * 256, "aux", ".", "prn-x"),
    ]
    for _ in range(2000):
        path = "/".join(["pretrained_model", *rng.choices(parts, k=rng.randint(1, 3))])
        if _surely_portable(["pretrained_model/a/b.bin", path]):
            assert fault_of(path, "pretrained_model") == "", path
    assert not _surely_portable([f"pretrained_model/{'a/' * 130}b"])
    assert _surely_portable(["pretrained_model/bert/config.json", "pretrained_model/bert/a-b.bin"])


def test_thousands_of_them(repo: Repo) -> None:
    """Each costs what it costs among few: 4,000 took 13 s, 26,000 did not end."""
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"x").strip()
    names = [*(f"a:{n}.bin" for n in range(1500)), *(f"b{c}.bin" for c in '<>:"|?*')]
    lines = (f"100644 {blob}\tpretrained_model/m/{name}\0" for name in names)
    repo.git("update-index", "-z", "--index-info", stdin="".join(lines).encode())
    found = repo.check("--all", "--select", "unportable-path")
    assert len(found) == len(names)
    # Those that become one name get numbers; what is not printed yet comes next.
    assert "pretrained_model/m/b_-7.bin" in "".join(str(f["fix"]) for f in found)
    shown = repo.pmgit("check", "--all", "--select", "unportable-path").out
    assert shown.count("fix: ") == 300


def test_no_rename_breaks_a_link(repo: Repo) -> None:
    repo.stage(f"{BERT}/a:b/config.json", "{}")
    (repo.path / BERT / "config.json").symlink_to("a:b/config.json")
    (finding,) = findings(repo)

    assert finding["fix"] is None
    assert finding["message"].endswith(f"; the link '{BERT}/config.json' leads to it: change both")
