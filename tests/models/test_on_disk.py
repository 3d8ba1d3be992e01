"""`pmgit info check`: INFO.md and pmgit.lock against what lies in the work tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.anybody import as_anybody
from tests.kit import ACTING, Repo, pointer, weights_for
from tests.made_once import made_once

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
MINE = "pretrained_model/mine"
WEIGHTS, INFO, LOCK = f"{MINE}/model.pt", f"{MINE}/INFO.md", f"{MINE}/pmgit.lock"
COMPLETE = f"--source gpt2 --revision {COMMIT} --license MIT --downloaded 2026-01-13".split()


def found(repo: Repo, *args: str) -> list[tuple[str, str, str, str]]:
    """Rule, severity, path and message of all findings; the exit code agrees with them."""
    shown = repo.pmgit("info", "check", "--format", "json", *args)
    findings: list[dict[str, Any]] = shown.json["findings"]
    assert shown.code == any(f["severity"] == "error" for f in findings), shown
    return [(f["rule"], f["severity"], f["path"], f["message"]) for f in findings]


def flip(file: Path) -> None:
    """Change a byte, and neither the size nor the times."""
    times = os.stat(file)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture
def mine(repo: Repo) -> Repo:
    """A described model with weights that Git ignores; nothing is staged."""
    return made_once(repo, _describe)


def _describe(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    repo.write(WEIGHTS, 300_000)
    repo.write(f"{MINE}/config.json", "{}\n")
    assert repo.pmgit("info", "new", "mine", *COMPLETE).code == 0


def test_all_is_right_and_nothing_changes(mine: Repo) -> None:
    assert mine.pmgit("add", MINE).code == 0
    before = mine.contents()
    shown = mine.pmgit("info", "check")
    assert (shown.code, shown.out) == (0, "no findings in 4 files\n"), shown
    assert found(mine, "mine") == []
    assert mine.contents() == before
    assert mine.staged() == []


@pytest.mark.parametrize("name", ["INFO.md", "pmgit.lock"])
def test_the_files_of_another_model_do_not_count(mine: Repo, name: str) -> None:
    other = "pretrained_model/other"
    mine.write(f"{other}/x.pt", 300)
    for make in (os.mkfifo, os.mkdir):
        place = mine.path / other / name
        make(place)
        assert found(mine, "mine") == []
        shown = mine.pmgit("info", "check")
        assert shown.code != 0, shown
        assert f"{other}/{name}" in shown.out + shown.err
        if make is os.mkfifo:
            assert mine.pmgit("info", "check", "other").code == shown.code
        (os.rmdir if make is os.mkdir else os.unlink)(place)


def test_a_flipped_byte_by_the_list_of_info(mine: Repo) -> None:
    assert found(mine) == []
    flip(mine.path / WEIGHTS)
    assert found(mine) == [("stale-info", "error", INFO, "model.pt: another sha256")]
    mine.paste(mine.pmgit("info", "check").fixes[0])
    assert found(mine) == []
    mine.write(WEIGHTS, 300_001)
    assert found(mine) == [("stale-info", "error", INFO, "model.pt: 300,001 bytes, not 300,000")]
    os.unlink(mine.path / WEIGHTS)
    assert found(mine) == []  # a clone that has not got them


def test_a_flipped_byte_by_the_lock(mine: Repo) -> None:
    assert mine.pmgit("add", MINE).code == 0
    flip(mine.path / WEIGHTS)
    assert found(mine) == [
        ("stale-info", "error", INFO, "model.pt: another sha256"),
        ("lock-mismatch", "error", LOCK, "not what it locks: model.pt (another sha256)"),
    ]
    (fix,) = mine.pmgit("info", "check").fixes
    mine.paste(fix)
    assert found(mine) == []
    # A text has its hash in the lock alone; line ends of Windows are no change.
    mine.write(f"{MINE}/config.json", "{}\r\n")
    assert found(mine) == []
    mine.write(f"{MINE}/config.json", "{ }\n")
    message = "not what it locks: config.json (4 bytes, not 3)"
    assert found(mine) == [("lock-mismatch", "error", LOCK, message)]
    # Where a locked file is not here, to lock what is here would lose it.
    os.unlink(mine.path / WEIGHTS)
    assert found(mine) == [("lock-mismatch", "error", LOCK, message)]
    assert mine.pmgit("info", "check").fixes == []


def test_what_people_have_written(mine: Repo) -> None:
    page = mine.path / INFO
    text = page.read_text()
    page.write_text(text.replace(f"`{COMMIT}`", "`main`"))
    assert [(rule, level) for rule, level, *_ in found(mine)] == [("unpinned-revision", "warning")]
    page.write_text(text.replace("**License**: MIT", "**License**: TODO"))
    todo = "1 field still TODO: License"
    assert found(mine) == [("incomplete-info", "warning", INFO, todo)]
    option = ("-c", "incomplete-info.placeholders=error")
    assert found(mine, *option) == [("incomplete-info", "error", INFO, todo)]
    mine.write(".pmgit.toml", '[rules.incomplete-info]\nplaceholders = "error"\n')
    assert found(mine) == [("incomplete-info", "error", INFO, todo)]
    page.write_text(text.replace("**License**: MIT", ""))
    missing = "1 field missing: License"
    assert found(mine) == [("incomplete-info", "error", INFO, missing)]
    os.unlink(page)
    assert found(mine) == [("missing-info", "error", MINE, "no INFO.md")]
    mine.paste(mine.pmgit("info", "check").fixes[0])
    assert {rule for rule, *_ in found(mine)} == {"incomplete-info"}


def test_the_page_in_the_work_tree_counts_and_not_the_one_in_git(mine: Repo) -> None:
    page = mine.path / INFO
    text = page.read_text()
    mine.stage(INFO, "# nothing\n")
    page.write_text(text)
    assert found(mine) == []
    mine.stage(INFO, text)
    page.write_text("# nothing\n")
    assert [rule for rule, *_ in found(mine)] == ["incomplete-info"]
    os.unlink(page)
    assert [rule for rule, *_ in found(mine)] == ["missing-info"]


def test_pointers_of_git_lfs(lfs_repo: Repo) -> None:
    """Pulled, not pulled, not on disk, and other content than was described."""
    repo = lfs_repo
    repo.stage(".gitattributes", "*.pt filter=lfs diff=lfs merge=lfs -text\n")
    content = weights_for("x.pt", 300_000)
    repo.stage(WEIGHTS, content)
    assert repo.pmgit("info", "new", "mine", *COMPLETE).code == 0
    assert repo.pmgit("add", MINE).code == 0
    repo.git("add", ".")
    repo.commit()
    states = [content, pointer(content), None]
    other = weights_for("x.pt", 300_000, seed=7)
    for state in states:
        if state is None:
            os.unlink(repo.path / WEIGHTS)
        else:
            repo.write(WEIGHTS, state)
        assert found(repo) == [], state
    for state in (other, pointer(other)):
        repo.write(WEIGHTS, state)
        assert [(rule, message) for rule, _, _, message in found(repo)] == [
            ("stale-info", "model.pt: another sha256"),
            ("lock-mismatch", "not what it locks: model.pt (another sha256)"),
        ], state
    repo.write(f"{MINE}/more.pt", 5000)
    assert ("stale-info", "warning", INFO, "more.pt is not listed") in found(repo)


def test_raw_weights_in_git(mine: Repo) -> None:
    mine.git("add", "-f", "pretrained_model")
    mine.commit()
    assert found(mine) == []
    flip(mine.path / WEIGHTS)
    assert [message for *_, message in found(mine)] == ["model.pt: another sha256"]
    mine.write(f"{MINE}/other.pt", 3000)
    os.unlink(mine.path / WEIGHTS)
    messages = {message for *_, message in found(mine)}
    assert messages == {"model.pt: gone", "other.pt is not listed"}


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        (LOCK, "x", "lock-mismatch"), (LOCK, "", "lock-mismatch"), (LOCK, None, "lock-mismatch"),
        (INFO, "<!-- /pmgit:files -->", "stale-info"), (INFO, "\0", "incomplete-info"),
        (INFO, "x" * 1_000_001, "incomplete-info"), (INFO, None, "incomplete-info"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error(mine: Repo, file: str, text: str | None, why: str) -> None:
    place = mine.path / file
    place.unlink(missing_ok=True)
    if text is None:
        place.symlink_to("/etc/hostname")
    else:
        place.write_text(text)
    errors = {rule for rule, level, *_ in found(mine) if level == "error"}
    assert why in errors


def test_what_must_not_be_read_is_exit_3(mine: Repo) -> None:
    assert mine.pmgit("add", MINE).code == 0
    for file in (INFO, LOCK, WEIGHTS):
        mode = (mine.path / file).stat().st_mode
        (mine.path / file).chmod(0)
        shown = mine.run(as_anybody("pmgit", "info", "check"))
        (mine.path / file).chmod(mode)
        assert shown.code == 3, (file, shown)
        assert "could not be read: Permission denied" in shown.err, (file, shown)
        assert "hint: " in shown.err, file


def test_only_the_models_that_are_named(mine: Repo) -> None:
    mine.write("pretrained_model/other/model.pt", 3000)
    mine.write("pretrained_model/mine-2/config.json", "{}")
    assert {path for _, _, path, _ in found(mine)} == {
        "pretrained_model/other", "pretrained_model/mine-2",
    }  # fmt: skip
    assert found(mine, "mine") == []
    assert [path for _, _, path, _ in found(mine, "other")] == ["pretrained_model/other"]
    wrong = mine.pmgit("info", "check", "othr")
    assert (wrong.code, "did you mean 'other'?" in wrong.err) == (2, True)


def test_an_entry_of_the_hubs_cache_names_its_origin_itself(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    entry = "pretrained_model/models--google--vit"
    repo.write(f"{entry}/blobs/abc", 300_000)
    (repo.path / entry / "snapshots/1").mkdir(parents=True)
    (repo.path / entry / "snapshots/1/model.safetensors").symlink_to("../../blobs/abc")
    assert [(rule, level) for rule, level, *_ in found(repo)] == [("missing-info", "warning")]
    assert repo.pmgit("info", "new", "models--google--vit", *COMPLETE).code == 0
    assert found(repo) == []


def test_a_baseline_forgives(mine: Repo) -> None:
    mine.stage(INFO, "# nothing\n")
    assert [rule for rule, *_ in found(mine)] == ["incomplete-info"]
    assert mine.pmgit("baseline").code == 0
    assert found(mine) == []
    (mine.path / INFO).write_text("# other words\n")
    assert [rule for rule, *_ in found(mine)] == ["incomplete-info"]


def test_names_of_strangers(repo: Repo) -> None:
    model = "pretrained_model/a\n\x1b[31m"
    repo.write(f"{model}/b\n\x1b]0;x\x07.pt", 3000)
    repo.write(f"{model}/-rf.pt", 3000)
    repo.write("pretrained_model/-x/model.pt", 3000)
    shown = repo.pmgit("info", "check")
    assert (shown.code, ACTING.search(shown.out + shown.err)) == (1, None), shown
    for fix in shown.fixes:
        repo.sh(fix)
    assert {rule for rule, *_ in found(repo)} == {"incomplete-info"}


def test_no_model(repo: Repo) -> None:
    assert repo.pmgit("info", "check").out.startswith("no model:")
    assert found(repo) == []


def test_the_formats_of_pmgit_check(mine: Repo) -> None:
    os.unlink(mine.path / INFO)
    for form in ("sarif", "github", "gitlab", "junit"):
        shown = mine.pmgit("info", "check", "--format", form)
        assert (shown.code, "missing-info" in shown.out) == (1, True), shown
