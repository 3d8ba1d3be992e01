"""`pmgit baseline`: what it writes, what it refuses, and what others write into its file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.kit import ACTING, Repo, pointer, random_bytes
from tests.made_once import made_once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Result

BASELINE = ".pmgit-baseline"
BERT = "pretrained_model/bert"
X = f"{BERT}/x.bin"
OID = "1" * 40
HOSTILE: list[str | bytes] = [
    "data/line\nbreak.csv",
    'data/"quoted\\".csv',
    "data/-rf.csv",
    b"data/\xe9t\xe9\xff.csv",
    "data/\x1b[31mred.csv",
    "data/\u202egpj.csv",
    "data/ # .csv ",
    "data/模型.csv",
]


@pytest.fixture
def sinful(repo: Repo) -> Repo:
    """Raw weights without INFO.md, and a blob that is too large, are committed."""
    return made_once(repo, _sin)


def _sin(repo: Repo) -> None:
    repo.stage_all(
        {
            ".pmgit.toml": '[rules.oversized-blob]\nmax-file-size = "10 kB"\n',
            X: 3000,
            "data/big": 20_000,
        }
    )
    repo.commit("Sin")


def run(repo: Repo, *args: str, code: int = 0, cwd: str = "") -> Result:
    result = repo.pmgit("baseline", *args, cwd=cwd)
    assert result.code == code, result
    assert "Traceback" not in result.err
    return result


def text(repo: Repo) -> str:
    return (repo.path / BASELINE).read_text("utf-8")


def test_the_first_run_forgives_everything(sinful: Repo) -> None:
    dry = run(sinful, "--dry-run")
    assert not (sinful.path / BASELINE).exists()
    assert f'+"{X}" tracked-weights ' in dry.out
    done = run(sinful, "--reason", "from the old server")
    blob = sinful.git("rev-parse", f"HEAD:{X}").strip()
    lines = text(sinful).splitlines()[1:]
    assert lines == sorted(lines)
    assert lines[1:] == [
        f'"{X}" missing-info {blob} 3000 "from the old server"',
        f'"{X}" tracked-weights {blob} 3000 "from the old server"',
    ]
    assert "it forgives 3 findings" in done.out
    # Not tracked yet, it counts already; a second run changes nothing.
    assert sinful.pmgit("check", "--all").out.endswith(f"; 3 forgiven by {BASELINE}\n")
    again = run(sinful)
    assert again.out == f"nothing to change in {BASELINE}: it forgives 3 findings\n"
    assert again.err == ""


def test_nothing_to_forgive(repo: Repo) -> None:
    assert run(repo).out == "nothing to do: no findings\n"
    assert not (repo.path / BASELINE).exists()
    repo.stage("a.txt", "a\n")
    assert run(repo, "--prune", "--format=json").json["changed"] is False


def test_a_baseline_can_begin_with_one_path(sinful: Repo) -> None:
    run(sinful, "--accept", "data/big", "--reason", "a table")
    assert text(sinful).count("\n") == 2
    assert sinful.rules("--all") == ["missing-info", "tracked-weights"]


def test_wrong_usage(sinful: Repo) -> None:
    for args, message in (
        (("--accept", "data"), "--accept needs a reason"),
        (("--accept", "data", "--reason", " \n"), "the reason is empty"),
        (("--accept", "data", "--reason", "x" * 501), "a reason of 501 characters"),
        (("--accept", "..", "--reason", "x"), "'..' is outside of the repository"),
        (("--accept", "nowhere", "--reason", "x"), "nothing is found at 'nowhere'"),
        (("--accept", "", "--reason", "x"), "nothing is found at ''"),
        (("--accept", "dat", "--reason", "x"), "nothing is found at 'dat'"),
    ):
        failed = run(sinful, *args, code=2)
        assert failed.err.startswith(f"pmgit: {message}\nhint: "), args
        assert not (sinful.path / BASELINE).exists(), args


def test_a_reason_for_nothing(sinful: Repo) -> None:
    run(sinful)
    failed = run(sinful, "--reason", "x", code=2)
    assert failed.err.startswith("pmgit: --reason is for what is accepted\nhint: ")
    # What is forgiven already is accepted already: the first reason stays.
    run(sinful, "--accept", ".", "--reason", "x", cwd="data")
    assert '"x"' not in text(sinful)


def test_a_baseline_that_was_deleted_does_not_begin_anew(sinful: Repo) -> None:
    run(sinful)
    sinful.git("add", BASELINE)
    sinful.commit()
    before = text(sinful)
    sinful.stage("data/new", 30_000)
    for staged in (False, True):
        (sinful.path / BASELINE).unlink()
        if staged:
            sinful.git("rm", "-q", "--cached", BASELINE)
        failed = run(sinful, code=3, cwd="data")
        hint = failed.err.partition("bring it back: ")[2].partition(";")[0]
        assert sinful.sh(hint, cwd="data").code == 0, hint
        assert text(sinful) == before
    run(sinful, code=1)


def test_hostile_names(sinful: Repo) -> None:
    sinful.stage_all({name: 20_000 + number for number, name in enumerate(HOSTILE)})
    sinful.commit()
    run(sinful)
    assert all(line.isprintable() for line in text(sinful).split("\n"))
    assert sinful.check("--all") == []
    for name in HOSTILE:
        file = sinful.path / os.fsdecode(name)
        file.write_bytes(random_bytes(40_000))
    sinful.git("add", "-A")
    shown = run(sinful, code=1)
    assert len(shown.out.splitlines()) == len(HOSTILE) + 1
    assert not ACTING.search(shown.out)
    found = {entry["path"] for entry in run(sinful, "--format=json", code=1).json["refused"]}
    assert found == {os.fsdecode(name) for name in HOSTILE}
    paths = [word for name in HOSTILE for word in ("--accept", os.fsdecode(name))]
    run(sinful, *paths, "--reason", os.fsdecode(HOSTILE[3]))
    sinful.git("add", BASELINE)
    assert sinful.check("--all") == []


def test_the_json_says_what_changes(sinful: Repo) -> None:
    first = run(sinful, "--format", "json", "--dry-run").json
    assert (first["changed"], first["entries"], first["forgiven"]) == (True, 3, 3)
    assert not (sinful.path / BASELINE).exists()
    run(sinful, "--format", "json")
    sinful.git("mv", "data/big", "data/moved")
    sinful.git("rm", "-q", "--cached", X)
    sinful.stage("data/new", 30_000)
    answer = run(sinful, "--prune", "--format", "json").json
    assert answer["followed"][0]["from"]["path"] == "data/big"
    assert answer["followed"][0]["to"] == {**answer["followed"][0]["from"], "path": "data/moved"}
    assert {entry["rule"] for entry in answer["dropped"]} == {"missing-info", "tracked-weights"}
    assert [finding["path"] for finding in answer["refused"]] == ["data/new"]
    assert (answer["forgiven"], answer["entries"]) == (1, 1)


def test_prune_drops_what_is_cured_and_keeps_what_it_cannot_know(sinful: Repo) -> None:
    run(sinful)
    newer = f'"{X}" a-rule-of-tomorrow {OID} 3 "new"\n'
    local = '"pretrained_model/elsewhere" missing-info - 0 "on the other machine"\n'
    (sinful.path / BASELINE).write_text(text(sinful) + newer + local)
    sinful.add_info(BERT)
    assert sinful.check("--all") == []
    run(sinful, "--prune")
    assert text(sinful).count("missing-info") == 1
    assert local in text(sinful)
    assert newer in text(sinful)
    # INFO.md that is taken away again is a sin of today, and would be without a baseline.
    sinful.git("rm", "-q", "--cached", f"{BERT}/INFO.md")
    assert sinful.rules("--all") == ["missing-info"]
    sinful.git("rm", "-qr", "--cached", "data", "pretrained_model")
    assert "next: git add" in run(sinful, "--prune").out
    (sinful.path / BASELINE).write_text(text(sinful).replace(newer, "").replace(local, ""))
    assert run(sinful, "--prune").out == "nothing to do: no findings\n"


def test_an_info_file_that_is_removed_is_not_forgiven(sinful: Repo) -> None:
    run(sinful)
    sinful.add_info(BERT)
    sinful.git("add", BASELINE)
    sinful.commit()
    sinful.git("rm", "-q", "--cached", f"{BERT}/INFO.md")
    assert sinful.rules() == ["missing-info"]


def test_names_and_lines_are_forgiven_whatever_the_rest_becomes(sinful: Repo) -> None:
    sinful.add_info(BERT)
    sinful.stage(f"{BERT}/aux.json", "{}\n")
    sinful.stage(".gitattributes", "*.png -text\npretrained_model filter=lfs\n")
    assert {"unportable-path", "dead-attribute"} < set(sinful.rules("--all"))
    run(sinful)
    sinful.stage(f"{BERT}/aux.json", '{"larger": true}\n')
    sinful.stage(".gitattributes", "# more\n*.png -text\npretrained_model filter=lfs\n*.x text\n")
    assert sinful.check("--all") == []
    sinful.stage(".gitattributes", "data filter=lfs\n")
    assert sinful.rules("--all") == ["dead-attribute"]
    # A text is forgiven as it is: an INFO.md that loses what it says is not "smaller".
    sinful.stage(f"{BERT}/INFO.md", "# Model\n**Source**: https://example.invalid/model\n")
    run(sinful, "--accept", BERT, "--reason", "nobody knows")
    assert "incomplete-info" not in sinful.rules("--all")
    sinful.stage(f"{BERT}/INFO.md", "# Model\n")
    assert "incomplete-info" in sinful.rules("--all")


def test_a_model_is_forgiven_with_its_weights_only(sinful: Repo) -> None:
    sinful.stage_all(
        {
            ".pmgit.toml": "[rules.oversized-model]\nmax-model-size = 1000\n",
            "pretrained_model/Bad Name/config.json": "{}\n",
        }
    )
    assert sinful.rules("--all") == [
        "bad-model-name", "missing-info", "oversized-model", "tracked-weights",
    ]  # fmt: skip
    run(sinful)
    # Texts may come and grow, weights may go.
    sinful.stage("pretrained_model/Bad Name/config.json", '{"more": 1}\n')
    sinful.add_info(BERT)
    assert sinful.check("--all") == []
    sinful.stage("pretrained_model/Bad Name/y.bin", 10)
    assert sinful.rules("--all") == ["bad-model-name", "missing-info", "tracked-weights"]
    sinful.git("rm", "-qf", "pretrained_model/Bad Name/y.bin")
    sinful.stage(f"{BERT}/z.bin", 100)
    assert sinful.rules("--all") == ["oversized-model", "tracked-weights"]


def test_what_takes_precedence_forgives_the_rest(sinful: Repo) -> None:
    """A hook for one family judges the blob by another rule than the one that was recorded."""
    sinful.git("rm", "-q", "--cached", "data/big")
    sinful.stage(X, 2_000_000)
    assert "oversized-blob" not in sinful.rules("--all", "--no-baseline")
    run(sinful)
    assert sinful.rules("--all", "--select", "oversized-blob") == []
    assert sinful.rules("--all", "--select", "oversized-blob", "--no-baseline") == [
        "oversized-blob"
    ]
    # The attribute comes later: the raw blob is wrong in a new way.
    sinful.stage(".gitattributes", f"/{X} filter=lfs\n")
    assert "missing-pointer" in sinful.rules("--all")


def test_a_size_that_was_edited_lets_nothing_in(sinful: Repo) -> None:
    run(sinful)
    sinful.stage_all({BASELINE: text(sinful).replace(" 20000 ", " 99999999 "), "data/big": 20_001})
    assert sinful.rules() == ["oversized-blob"]
    sinful.stage("data/big", 19_999)
    assert sinful.rules() == []


@pytest.mark.parametrize("oid", ["-", "0" * 40])
def test_an_entry_that_is_of_no_blob_lets_nothing_in(oid: str, sinful: Repo) -> None:
    sinful.stage_all(
        {BASELINE: f'"data/big" oversized-blob {oid} 99999999999 "x"\n', "data/big": 12_000_000}
    )
    assert "oversized-blob" in sinful.rules()


def test_what_could_not_be_judged_is_not_clean(repo: Repo, tmp_path: Path) -> None:
    repo.stage_all({"d/big.csv": 11_000_000, "r": "i\n"})
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    lacking = ("--filter=blob:none", "--sparse")
    repo.git("clone", "-q", *lacking, repo.path.as_uri(), str(tmp_path / "c"))
    clone = Repo(tmp_path / "c", repo.env, init=None)
    assert clone.pmgit("check", "--all").code == 3
    done = clone.pmgit("baseline")
    assert done.code == 3, done
    assert clone.pmgit("baseline", "--format", "json").json["not_judged"] == 1


# --- the file, as others leave it


def test_a_hand_written_entry_without_a_reason_stops_the_commit(sinful: Repo) -> None:
    run(sinful)
    whole = text(sinful)
    for reason in ('"\\040\\011"', '" "', ""):
        sinful.stage(BASELINE, f'{whole}"data/new" oversized-blob {OID} 3 {reason}\n')
        for stopped in (sinful.hook("pre-commit"), sinful.pmgit("check"), sinful.pmgit("baseline")):
            assert stopped.code == 2
            assert stopped.err.startswith(f"pmgit: {BASELINE}: line 5 gives no reason\nhint: ")
    sinful.commit()
    assert sinful.pmgit("check", "--range", "HEAD~1..HEAD").code == 2
    assert sinful.pmgit("check", "--all").code == 2
    # It is of no interest to a commit that brings neither it nor a finding.
    sinful.stage("a.txt", "a\n")
    assert sinful.hook("pre-commit").code == 0


@pytest.mark.parametrize("place", ["index", "work tree"])
def test_what_is_no_baseline(place: str, sinful: Repo, tmp_path: Path) -> None:
    """A link, a Git LFS pointer, UTF-16, a folder, one that is too large."""
    staged = place == "index"
    (tmp_path / "elsewhere").write_text("")
    (sinful.path / BASELINE).symlink_to(tmp_path / "elsewhere")
    cases = [("link", "is a link" if staged else "is not a file")]
    if staged:
        sinful.git("add", BASELINE)
    assert _refused(sinful, cases[0][1])
    (sinful.path / BASELINE).unlink()
    for content, message in (
        (pointer(b"x"), "is a Git LFS pointer"),
        ("utf-16\n".encode("utf-16"), "not UTF-8"),
        (b"#" * 10_000_001, "10000001 bytes is too large for a baseline"),
    ):
        sinful.write(BASELINE, content)
        if staged:
            sinful.git("add", BASELINE)
        assert _refused(sinful, message)
    (sinful.path / BASELINE).unlink()
    if not staged:
        (sinful.path / BASELINE).mkdir()
        assert _refused(sinful, "is not a file")


def _refused(repo: Repo, message: str) -> bool:
    failed = repo.pmgit("check", "--all")
    assert (failed.code, failed.out) == (2, ""), failed
    assert f"{BASELINE}" in failed.err
    assert message in failed.err
    return True


def test_line_ends_of_windows_stay(sinful: Repo) -> None:
    run(sinful)
    windows = b"\xef\xbb\xbf" + text(sinful).replace("\n", "\r\n").encode()
    sinful.stage(BASELINE, windows)
    assert sinful.check("--all") == []
    sinful.stage("data/new", 30_000)
    run(sinful, "--accept", "data/new", "--reason", "more")
    now = (sinful.path / BASELINE).read_bytes()
    assert now.count(b"\r\n") == now.count(b"\n") == 5


def test_a_file_that_is_read_only_stays(sinful: Repo) -> None:
    run(sinful)
    before = text(sinful)
    (sinful.path / BASELINE).chmod(0o444)
    sinful.stage("data/new", 30_000)
    failed = run(sinful, "--accept", "data", "--reason", "x", code=3)
    assert "is read-only" in failed.err
    assert text(sinful) == before


def test_where_there_is_no_work_tree_or_no_commit(sinful: Repo, tmp_path: Path) -> None:
    run(sinful)
    sinful.git("add", BASELINE)
    sinful.commit()
    sinful.git("clone", "-q", "--bare", str(sinful.path), str(tmp_path / "bare.git"))
    bare = Repo(tmp_path / "bare.git", sinful.env, init=None)
    assert run(bare, code=3).err.startswith("pmgit: this repository is bare")
    assert bare.pmgit("check", "--all").out.endswith(f"; 3 forgiven by {BASELINE}\n")
    young = Repo(tmp_path / "young", sinful.env)
    young.stage(X, 3000)
    run(young)
    young.git("add", BASELINE)
    assert young.check() == []
    young.git("mv", X, f"{BERT}/moved.bin")
    assert young.check() == []


def test_a_shallow_and_a_partial_clone(sinful: Repo, tmp_path: Path) -> None:
    run(sinful)
    sinful.git("add", BASELINE)
    sinful.commit()
    sinful.stage("data/big", 19_000)
    sinful.commit()
    sinful.git("config", "uploadpack.allowFilter", "true")
    address = sinful.path.as_uri()
    for option in ("--depth=1", "--filter=blob:none"):
        clone = Repo(tmp_path / option.strip("-").split("=")[0], sinful.env, init=None)
        clone.path.mkdir()
        clone.git("clone", "-q", option, address, ".")
        # The blob that was forgiven is not here, its size is in the entry.
        result = clone.pmgit("check", "--all", "--allow-missing")
        assert result.code == 0, result
        assert result.out.endswith(f"; 3 forgiven by {BASELINE}\n")
        clone.stage("data/big", 20_001)
        assert clone.rules() == ["oversized-blob"]
