"""`stale-info`: the list that pmgit wrote into INFO.md is that of the files, or is written anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import BIN, Repo, pointer, random_bytes
from tests.made_once import made_once

MODEL = "pretrained_model/mine"
WEIGHTS = f"{MODEL}/model.safetensors"
INFO = f"{MODEL}/INFO.md"


@pytest.fixture
def described(lfs_repo: Repo) -> Repo:
    """A model in Git LFS with an INFO.md whose block lists its files, committed."""
    return made_once(lfs_repo, _describe)


def _describe(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(WEIGHTS, 300_000)
    repo.write(f"{MODEL}/config.json", "{}\n")
    assert repo.pmgit("info", "new", "mine").code == 0
    repo.git("add", ".")
    repo.commit("a model")


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "stale-info", *args)


def cured(repo: Repo) -> None:
    """Paste the fix: the finding is gone, and no word of a person."""
    page = repo.path / INFO
    page.write_text(page.read_text() + "\nmy own words\n")
    (fix,) = {finding["fix"]["shell"] for finding in findings(repo)}
    assert repo.sh(fix).code == 0
    assert findings(repo) == []
    assert page.read_text().endswith("\nmy own words\n")


def test_accepts_what_the_template_wrote(described: Repo) -> None:
    assert findings(described) == []
    assert findings(described, "--all") == []


def test_new_weights_under_an_old_list(described: Repo) -> None:
    described.stage(WEIGHTS, 400_000)
    (finding,) = findings(described)
    assert (finding["severity"], finding["path"]) == ("error", INFO)
    assert finding["message"] == "model.safetensors: 400,000 bytes, not 300,000"
    assert (
        "model.safetensors" in (described.path / INFO).read_text().split("\n")[finding["line"] - 1]
    )
    cured(described)


def test_a_pointer_to_other_content_of_the_same_size(described: Repo) -> None:
    described.stage_blob(WEIGHTS, pointer(random_bytes(300_000, seed=7)))
    (finding,) = findings(described)
    assert finding["message"] == "model.safetensors: another sha256"


def test_a_file_that_is_gone(described: Repo) -> None:
    described.stage(f"{MODEL}/other.safetensors", 300_000)
    described.git("rm", "-q", WEIGHTS)
    messages = {finding["message"]: finding["severity"] for finding in findings(described)}
    assert messages == {
        "model.safetensors: gone": "error", "other.safetensors is not listed": "warning",
    }  # fmt: skip
    cured(described)


def test_a_file_that_is_gone_and_in_the_lock(described: Repo) -> None:
    """The block is made from the lock: to write it anew would change nothing."""
    assert described.pmgit("add", MODEL).code == 0
    assert described.pmgit("info", "update", MODEL).code == 0
    described.git("add", "--", MODEL)
    described.commit("locked")
    described.git("rm", "-q", WEIGHTS)
    (finding,) = findings(described)
    assert (finding["severity"], finding["message"]) == ("error", "model.safetensors: gone")
    assert finding["fix"] is None


def test_a_list_that_people_wrote_is_not_judged(described: Repo) -> None:
    described.add_info(MODEL)
    described.stage(WEIGHTS, 400_000)
    assert findings(described) == []


def test_a_block_without_an_end(described: Repo) -> None:
    page = (described.path / INFO).read_text()
    described.stage(INFO, page.replace("<!-- /pmgit:files -->\n", ""))
    (finding,) = findings(described)
    assert "never ends" in finding["message"]


def test_ignored_weights_by_their_size_and_by_the_lock(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    file = repo.write(WEIGHTS, 300_000)
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    assert findings(repo) == []
    repo.write(WEIGHTS, 300_001)
    assert [f["message"] for f in findings(repo)] == [
        "model.safetensors: 300,001 bytes, not 300,000"
    ]
    file.unlink()
    assert findings(repo) == []  # a clone that has not got them
    lock = repo.path / MODEL / "pmgit.lock"
    repo.stage(f"{MODEL}/pmgit.lock", lock.read_text().replace('sha256 = "', 'sha256 = "0', 1))
    assert findings(repo) == []  # of a lock that is none, lock-mismatch speaks


def test_where_the_lock_is_stale_as_well_the_fix_is_that_of_the_lock(repo: Repo) -> None:
    """`pmgit info update` goes by the lock: it would change nothing."""
    assert repo.pmgit("gitignore").code == 0
    repo.write(WEIGHTS, 300_000)
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    repo.write(WEIGHTS, 300_001)
    found = repo.check("--select", "stale-info,lock-mismatch")
    assert {f["rule"] for f in found} == {"stale-info", "lock-mismatch"}
    (fix,) = {f["fix"]["shell"] for f in found}
    repo.paste(fix)
    assert repo.check("--select", "stale-info,lock-mismatch") == []
    # A model with a source: either may be right, so both are taken out of the commit.
    lock = repo.path / MODEL / "pmgit.lock"
    text = lock.read_text().replace('"local"', '"url"\nurl = "https://a.example/x.safetensors"')
    repo.stage(f"{MODEL}/pmgit.lock", text)
    repo.write(WEIGHTS, 300_002)
    found = repo.check("--select", "stale-info,lock-mismatch")
    assert {f["rule"] for f in found} == {"stale-info", "lock-mismatch"}
    (fix,) = {f["fix"]["shell"] for f in found}
    repo.paste(fix)
    assert repo.check("--select", "stale-info,lock-mismatch") == []
    assert (repo.path / WEIGHTS).stat().st_size == 300_002
    assert lock.read_text() == text


def test_a_change_elsewhere_does_not_ask(described: Repo) -> None:
    described.stage(WEIGHTS, 400_000)
    described.commit("in spite of it")
    described.stage("src/main.py", "pass\n")
    assert findings(described) == []
    described.stage(f"{MODEL}/config.json", '{"a": 1}\n')
    assert [f["severity"] for f in findings(described)] == ["warning"]


def test_a_full_list_counts_the_weights_behind_its_last(repo: Repo) -> None:
    """It names 1,000: of the others a warning for each could not be cured."""
    many = {f"{MODEL}/{number:04}.bin": pointer(b"%d" % number) for number in range(10, 1013)}
    for path, data in many.items():
        repo.write(path, data)
    repo.stage_all(many)
    assert repo.pmgit("info", "new", "mine").code == 0
    repo.git("add", INFO)
    assert "and 3 more files" in (repo.path / INFO).read_text()
    assert findings(repo) == []
    for name in ("0005.bin", "0500-more.bin"):
        repo.stage_blob(f"{MODEL}/{name}", pointer(name.encode()))
        repo.write(f"{MODEL}/{name}", pointer(name.encode()))
    messages = {finding["message"] for finding in findings(repo)}
    # What they push behind the last stays counted.
    assert messages == {"0005.bin is not listed", "0500-more.bin is not listed"}
    cured(repo)
    assert "and 5 more files" in (repo.path / INFO).read_text()


#: Runs `pmgit info check`, and prints for how many paths it was asked whether they are there.
ASKING = """
import os, sys
from pmgit.cli import main
asked, is_there = [], os.path.lexists
os.path.lexists = lambda path: asked.append(path) or is_there(path)
sys.argv = ["pmgit", "info", "check"]
try:
    main()
finally:
    print(len(asked), file=sys.stderr)
"""


def test_each_locked_file_is_looked_at_once_for_all_lines(repo: Repo) -> None:
    """With 5,000 files, 2,500 of them changed, `pmgit info check` took 40 s."""
    files = [repo.write(f"{MODEL}/{number}.bin", 500) for number in range(40)]
    assert repo.pmgit("add", "mine").code == 0
    for file in files:
        file.write_bytes(random_bytes(600))
    done = repo.run([str(BIN / "python"), "-c", ASKING])
    assert "41 errors and 1 warning" in done.out, done
    assert int(done.err) < 4 * len(files)
