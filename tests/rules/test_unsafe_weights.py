"""`unsafe-weights`: weights that can run code when they are loaded. Nothing here is ever loaded."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.core.config import Config
from pmgit.formats import judge
from pmgit.lfs import pointer as pointers
from pmgit.model import judged_files
from pmgit.model.subject import Subject
from pmgit.snapshots import staged
from tests.e2e.push_server import make_server
from tests.formats import tensor_samples
from tests.formats.all_samples import samples
from tests.formats.assemble import CALL, CLASSIC, named, pickled, state_dict, torch_zip
from tests.kit import Repo, pointer, weights_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from pmgit.formats.opinion import Opinion
    from pmgit.formats.reader import Reader

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/pytorch_model.bin"
UNSAFE = torch_zip(pickled(CALL))
#: A class that pmgit does not know, in a state dict.
OWN = torch_zip(state_dict(more=named("mylib.model", "Net") + b"0"))
CONTENT = ("--select", "unsafe-weights", "--select", "broken-weights")
#: Samples of which the rules say something else than a scan does.
OTHERWISE = (
    *("classic.txt", "dash.md", "digit.md", "unknown.bin", "numbers.bin", "pixels.bin"),
    *("variables.index", "pointer-data.pt", "pointer.keras"),
)


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "unsafe-weights", *args)


def severities(repo: Repo, *args: str) -> dict[str, str]:
    return {finding["path"]: finding["severity"] for finding in findings(repo, *args)}


def store(repo: Repo, content: bytes) -> Path:
    """Put an object into the store of Git LFS, as git-lfs does."""
    oid = hashlib.sha256(content).hexdigest()
    path = repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_every_sample_by_its_verdict(repo: Repo) -> None:
    """The verdicts of `pmgit scan` as findings, for raw files.

    Of each suffix and verdict there are four, by which the rule decides; tests of formats judge
    all, and those that take long.
    """
    expected: dict[str, str] = {}
    count: Counter[tuple[str, str]] = Counter()
    for name, (verdict, content) in samples().items():
        if len(content) > 20_000 or "bomb" in name:
            continue
        alike = (os.path.splitext(name)[1], verdict)
        if count[alike] == 4 and name not in OTHERWISE:
            continue
        count[alike] += 1
        # Of pointers, also damaged ones, another rule speaks.
        if "/" in name or not name.isprintable() or name in tensor_samples.pointers():
            continue
        repo.write(f"{MODEL}/{name}", content)
        expected[f"{MODEL}/{name}"] = verdict
    repo.git("add", "-A")
    found: dict[str, tuple[str, str]] = {}
    for finding in repo.check(*CONTENT):
        # What is an error comes first: a file may be both.
        found.setdefault(finding["path"], (finding["rule"], finding["severity"]))
        if finding["severity"] == "error":
            found[finding["path"]] = (finding["rule"], "error")
    wrong = {}
    for path, verdict in expected.items():
        got = found.get(path, ("", ""))
        right = {
            "ok": got == ("", ""),
            "warn": got in (("", ""), ("unsafe-weights", "warning")),
            "unsafe": got == ("unsafe-weights", "error"),
            "broken": got[1] == "error",
            "unknown": got in (("unsafe-weights", "error"), ("broken-weights", "warning")),
        }[verdict]
        if not right:
            wrong[path] = (verdict, got)
    # Nobody loads a text by its name, whatever it holds; beside a graph of ONNX a .bin may be its
    # numbers.
    for name in ("classic.txt", "dash.md", "digit.md"):
        assert wrong.pop(f"{MODEL}/{name}") == ("unsafe", ("", ""))
    for name in ("unknown.bin", "numbers.bin", "pixels.bin"):
        assert wrong.pop(f"{MODEL}/{name}") == ("unknown", ("", ""))
    # Beside an index there have to be its numbers.
    assert wrong.pop(f"{MODEL}/variables.index") == ("ok", ("broken-weights", "error"))
    # The words of a pointer in the first bytes of an archive: of damaged pointers another speaks.
    for name in ("pointer-data.pt", "pointer.keras"):
        assert wrong.pop(f"{MODEL}/{name}") == ("broken", ("", ""))
    assert wrong == {}
    assert len(expected) > 200


def test_the_message_names_what_is_loaded_and_where(repo: Repo) -> None:
    repo.stage(WEIGHTS, UNSAFE)
    (finding,) = findings(repo)
    assert finding["message"] == (
        "can run code when it is loaded: loads something of Python that weights do not need:"
        " os.system (byte 2 of archive/data.pkl)"
    )
    assert finding["severity"] == "error"


def test_names_from_a_file_are_escaped(repo: Repo) -> None:
    evil = pickled(b"cos\x1b]0;x\x07\n::error::y\n0N")
    repo.stage(f"{MODEL}/a.pkl", evil)
    result = repo.pmgit("check", *CONTENT)
    assert result.code == 1
    assert "\x1b" not in result.out
    assert not [line for line in result.out.splitlines() if line.startswith("::")]


def test_where_it_looks(repo: Repo) -> None:
    repo.stage_all(
        dict.fromkeys(
            ("src/data.pkl", "runs/best.PT", "a.joblib ", "x/arrays.npy", "w/model"), CLASSIC
        )
    )
    repo.stage(f"{MODEL}/checkpoint", CLASSIC)  # in a model folder the name proves nothing
    repo.stage(f"{MODEL}/notes.txt", CLASSIC)  # nobody loads it
    repo.stage(f"{MODEL}/tokenizer_config.json", '{"chat_template": "{{ x.__class__ }}"}')
    repo.stage(f"{MODEL}/config.json", '{"model_type": "bert"}')
    repo.stage(f"{MODEL}/chat_template.jinja", "{{ x.__init__.__globals__ }}")
    expected = {"src/data.pkl", "runs/best.PT", "a.joblib ", f"{MODEL}/checkpoint"}
    expected |= {f"{MODEL}/tokenizer_config.json", f"{MODEL}/chat_template.jinja"}
    assert set(severities(repo)) - {"x/arrays.npy"} == expected


def test_a_move_from_where_nobody_looks_is_judged(repo: Repo) -> None:
    template = '{"chat_template": "{{ x.__class__ }}"}'
    moves = {
        f"{MODEL}/notes.txt": f"{MODEL}/model.bin",
        f"{MODEL}/notes.md": f"{MODEL}/checkpoint",
        "docs/a.txt": "docs/a.npy",
        "docs/b": "docs/b.joblib",
        f"{MODEL}/a.json": f"{MODEL}/tokenizer_config.json",
    }
    for number, old in enumerate(moves):
        repo.write(old, template if old.endswith(".json") else CLASSIC + b"\n" * number)
    repo.write("docs/known.pkl", CLASSIC + b" ")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "what nobody judges")
    for old, new in moves.items():
        repo.git("mv", old, new)
    repo.git("mv", "docs/known.pkl", "docs/other.pkl")  # was judged when it came
    assert set(severities(repo)) == set(moves.values())


def test_every_begin_of_a_pickle_that_looks_like_a_text(repo: Repo) -> None:
    begins = (b"N", b"K1", b"M11", b"J1111", b"I1\n", b"L1L\n", b"F1\n", b"Va\n", b"S'a'\n", b")")
    paths = {f"{MODEL}/part{n}": begin + b"0" + CLASSIC for n, begin in enumerate(begins)}
    repo.stage_blobs(paths)
    text = b"This is of a model\n\nNo pickle at all.\n"
    repo.stage_blobs({f"{MODEL}/{name}": text for name in ("LICENSE", "NOTES", "Makefile")})
    repo.stage("docs/a.pt ", CLASSIC)  # outside of models folders too, a blank hides nothing
    assert set(severities(repo)) == {*paths, "docs/a.pt "}


def test_the_fix_of_raw_weights(repo: Repo) -> None:
    repo.add_info(MODEL)
    file = repo.stage(WEIGHTS, UNSAFE)
    repo.stage("a.pkl", CLASSIC)
    assert repo.rules() == ["unsafe-weights"]  # it speaks before other rules of the same blob
    repo.paste_all()
    assert repo.rules() == []
    assert file.read_bytes() == UNSAFE
    assert repo.staged() == [".gitignore", f"{MODEL}/INFO.md"]


def test_the_fix_of_a_new_version_brings_the_old_one_back(repo: Repo) -> None:
    repo.stage("a.pkl", b"\x80\x02N.")
    repo.commit()
    repo.stage("a.pkl", CLASSIC)
    (fix,) = repo.pmgit("check", *CONTENT).fixes
    repo.paste(fix)
    assert findings(repo) == []
    assert (repo.path / "a.pkl").read_bytes() == CLASSIC


def test_objects_of_git_lfs(lfs_repo: Repo) -> None:
    repo = lfs_repo
    repo.sh("git lfs track 'pretrained_model/**/*.bin' && git add .gitattributes")
    repo.add_info(MODEL)
    repo.stage(WEIGHTS, UNSAFE)
    good = weights_bytes(5_000)
    repo.stage(f"{MODEL}/model.safetensors", good)
    assert repo.blob(WEIGHTS) == pointer(UNSAFE)
    assert severities(repo) == {WEIGHTS: "error"}
    (fix,) = repo.pmgit("check", *CONTENT).fixes
    repo.paste(fix)
    assert findings(repo) == []
    assert f"{MODEL}/model.safetensors" in repo.staged()
    assert (repo.path / WEIGHTS).read_bytes() == UNSAFE


def test_an_object_in_its_usual_place_takes_no_question_to_git(lfs_repo: Repo) -> None:
    """Each costs the commit 3 ms; one that is kept elsewhere is found by the setting."""
    repo = lfs_repo
    repo.add_info(MODEL)
    repo.stage(f"{MODEL}/model.safetensors", UNSAFE)
    trace = repo.path.parent / "trace"
    for is_moved in (False, True):
        if is_moved:
            (repo.path / ".git/lfs").rename(repo.path.parent / "store")
            repo.git("config", "lfs.storage", str(repo.path.parent / "store"))
        trace.unlink(missing_ok=True)
        shown = repo.hook("--select", "content", env={"GIT_TRACE": str(trace)})
        assert (shown.code, "not scanned" in shown.err) == (1, False), shown
        assert (" git config " in trace.read_text()) == is_moved


def test_what_is_not_here_is_not_called_safe(repo: Repo) -> None:
    repo.stage_blob(WEIGHTS, pointer(UNSAFE))
    repo.stage_blob(f"{MODEL}/a.bin", pointer(OWN))
    result = repo.pmgit("check", *CONTENT)
    assert (result.code, result.err) == (
        0,
        "not scanned: 2 objects of Git LFS are not here; to judge what is in them: git lfs fetch\n",
    )
    assert repo.pmgit("check", "--format", "json", *CONTENT).json["not_scanned"] == 2
    assert "not scanned: 2 objects" in repo.hook("--select", "content").err
    store(repo, UNSAFE)
    assert severities(repo) == {WEIGHTS: "error"}
    assert repo.pmgit("check", "--format", "json", *CONTENT).json["not_scanned"] == 1


def test_an_object_that_is_no_regular_file_is_not_opened(repo: Repo) -> None:
    repo.stage_blob(WEIGHTS, pointer(UNSAFE))
    path = store(repo, UNSAFE)
    path.unlink()
    os.mkfifo(path)
    assert repo.pmgit("check", "--format", "json", *CONTENT).json["not_scanned"] == 1
    path.unlink()
    path.symlink_to("/dev/zero")
    assert repo.pmgit("check", "--format", "json", *CONTENT).json["not_scanned"] == 1


def test_classes_of_other_packages_are_warnings(repo: Repo) -> None:
    repo.stage(WEIGHTS, OWN)
    (finding,) = findings(repo)
    assert finding["severity"] == "warning"
    assert "worth a look before it is loaded" in finding["message"]
    assert "mylib.model.Net" in finding["message"]
    assert finding["fix"] is None
    assert "tracked-weights" in repo.rules()  # a warning hides nothing


def accept(repo: Repo, content: bytes, names: str, reason: str = "read by Kim") -> None:
    oid = hashlib.sha256(content).hexdigest()
    repo.stage(".pmgit.toml", f'[accepted.{oid}]\nglobals = [{names}]\nreason = "{reason}"\n')


def test_what_somebody_has_accepted(repo: Repo) -> None:
    repo.stage("a.pkl", CLASSIC)
    repo.stage_blob(WEIGHTS, pointer(UNSAFE))
    store(repo, UNSAFE)
    accept(repo, CLASSIC, '"os.system"')
    assert severities(repo) == {"a.pkl": "warning", WEIGHTS: "error"}
    (message,) = [f["message"] for f in findings(repo) if f["path"] == "a.pkl"]
    assert message.startswith("accepted (read by Kim): ")
    accept(repo, UNSAFE, '"*"')
    assert severities(repo) == {"a.pkl": "error", WEIGHTS: "warning"}
    # Another name, or another file, is judged anew.
    accept(repo, CLASSIC, '"os.popen"')
    assert severities(repo)["a.pkl"] == "error"
    accept(repo, CLASSIC, '"os.system"')
    repo.stage("a.pkl", CLASSIC + b"\n")
    assert severities(repo)["a.pkl"] == "error"


def test_nothing_goes_by_the_hash_of_an_accepted_file(repo: Repo) -> None:
    """Another content of the same size in its place in the store of Git LFS."""
    accept(repo, CLASSIC, '"os.system"')
    other = "other/a.pkl"
    for path in (WEIGHTS, other):
        repo.stage_blob(path, pointer(CLASSIC))
    store(repo, CLASSIC).write_bytes(CLASSIC.replace(b"pmgit", b"other"))
    found = repo.check(*CONTENT)
    assert {(one["rule"], one["path"], one["severity"]) for one in found} == {
        ("unsafe-weights", WEIGHTS, "error"), ("unsafe-weights", other, "error"),
        ("broken-weights", WEIGHTS, "error"),
    }  # fmt: skip
    assert any("has another sha256 than its pointer" in one["message"] for one in found)
    store(repo, CLASSIC)
    assert severities(repo) == {WEIGHTS: "warning", other: "warning"}


def test_accepted_files_are_not_warned_of_for_ever(repo: Repo) -> None:
    repo.stage("a.pkl", CLASSIC)
    accept(repo, CLASSIC, '"os.system"')
    repo.commit()
    assert findings(repo, "--all") == []


def test_a_list_that_says_nothing_is_refused(repo: Repo) -> None:
    oid = "a" * 64
    for text, words in (
        (f'[accepted.{oid}]\nglobals = ["os.system"]\n', "has no reason"),
        ('[accepted.abc]\nreason = "x"\n', "is no sha256"),
        (f'[accepted.{oid}]\nreason = "x"\nname = "y"\n', "unknown key"),
        (f'[accepted.{oid}]\nreason = "x"\nglobals = "os.system"\n', "not a list"),
        ("accepted = 3\n", "not a table"),
    ):
        repo.write(".pmgit.toml", text)
        result = repo.pmgit("check")
        assert result.code == 2, (text, result)
        assert words in result.err, (text, result.err)


def test_commits_of_a_range_are_judged_one_by_one(repo: Repo) -> None:
    repo.push_first(MODEL)
    repo.stage("a.pkl", CLASSIC)
    repo.commit("One")
    repo.git("rm", "-q", "a.pkl")
    repo.commit("Two")
    (finding,) = findings(repo, "--range", "origin/main..HEAD")
    assert finding["path"] == "a.pkl"
    (fix,) = repo.pmgit("check", "--range", "origin/main..HEAD", *CONTENT).fixes
    before = repo.git("rev-parse", "HEAD").strip()
    assert repo.sh_at_terminal(fix).code == 0
    assert findings(repo, "--range", "origin/main..HEAD") == []
    # The old commits are kept.
    assert before in repo.git("for-each-ref", "refs/pmgit/backup")


def test_objects_of_git_lfs_count_at_the_tip(repo: Repo) -> None:
    repo.push_first(MODEL)
    store(repo, UNSAFE)
    repo.stage_blob(WEIGHTS, pointer(UNSAFE))
    repo.commit("One")
    assert severities(repo, "--range", "origin/main..HEAD") == {WEIGHTS: "error"}
    repo.git("rm", "-q", "--cached", WEIGHTS)
    repo.commit("Two")
    assert severities(repo, "--range", "origin/main..HEAD") == {}


def test_a_server_refuses_what_is_raw(tmp_path: Path, env: dict[str, str]) -> None:
    server = make_server(tmp_path, env)
    server.clone.stage("a.pkl", CLASSIC)
    server.clone.commit()
    assert "a.pkl: unsafe-weights" in server.refused("main")


def test_large_raw_files(repo: Repo) -> None:
    """They are read from the work tree where Git knows that it is the same, else from Git."""
    storage = bytes(17_000_000)
    large = torch_zip(pickled(CALL), storage=storage)
    file = repo.write("a.pt", large)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    repo.git("add", "a.pt")
    assert severities(repo) == {"a.pt": "error"}
    file.write_bytes(torch_zip(storage=storage))  # what is staged counts, not what lies on disk
    assert severities(repo) == {"a.pt": "error"}
    repo.git("add", "a.pt")
    assert severities(repo) == {}
    file.write_bytes(large)
    assert severities(repo) == {}


def test_a_large_raw_file_that_changes_while_it_is_judged(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is staged is judged then: an opinion on the file would be one on a mixture."""
    storage = bytes(17_000_000)
    good, unsafe = torch_zip(storage=storage), torch_zip(pickled(CALL), storage=storage)
    file = repo.write("a.pt", unsafe)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    repo.git("add", "a.pt")
    judged: list[str] = []
    whole = judge.judge

    def judge_what_changes(reader: Reader, name: str) -> Opinion:
        if not judged:
            file.write_bytes(good)
        found = whole(reader, name)
        judged.append(found.verdict)
        return found

    monkeypatch.chdir(repo.path)
    monkeypatch.setattr(judge, "judge", judge_what_changes)
    snapshot = staged.take()
    snapshot.survey(pointers.may_be, 200_000, ask_filters=True)
    opinions = judged_files.of_weights(Subject(snapshot, Config({})))
    assert [one.opinion.verdict for one in opinions.judged] == ["unsafe"]
    assert judged == ["broken", "unsafe"]  # half of it had another length


@pytest.mark.parametrize("first", ["good", "unsafe"])
def test_an_index_that_changes_while_it_is_judged(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """The verdict is on the blob that was staged when pmgit looked, and is no other blob's."""
    contents = {"good": torch_zip(storage=bytes(24)), "unsafe": UNSAFE}
    second = "unsafe" if first == "good" else "good"
    oid = repo.stage_blob("a.pt", contents[first])
    monkeypatch.chdir(repo.path)
    snapshot = staged.take()
    other = repo.stage_blob("a.pt", contents[second])  # a second process
    verdicts = {"good": "ok", "unsafe": "unsafe"}
    for taken, expected, content in ((snapshot, oid, first), (staged.take(), other, second)):
        taken.survey(pointers.may_be, 200_000, ask_filters=True)
        (one,) = judged_files.of_weights(Subject(taken, Config({}))).judged
        assert (one.blob.oid, one.opinion.verdict) == (expected, verdicts[content])


def test_names_that_mean_weights_in_any_folder(repo: Repo) -> None:
    """They are judged also in a commit of nothing else, by whatever makes them weights."""
    repo.write(".pmgit.toml", '[weights]\nalways = ["*.net"]\n')
    repo.git("add", "-A")
    repo.commit("The configuration")
    for path in ("own.net", "x.ckpt.data-00000-of-00001", "upper.PKL", "blank.pt ", "notes"):
        repo.write(f"src/{path}", UNSAFE)
        repo.git("add", "-A")
        expected = {} if path == "notes" else {f"src/{path}": "error"}
        assert severities(repo) == expected
        repo.git("rm", "-q", "-f", f"src/{path}")
