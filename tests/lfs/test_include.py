"""`--include` of Git LFS: what is meant is fetched, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.lfs import include
from tests.kit import pointer, weights_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

ODD = "pretrained_model/a b'c$/größe (1).bin"


def test_what_cannot_be_written_is_left_out() -> None:
    assert include.command("pull", ["a/b.bin"]) == "git lfs pull --include=/a/b.bin"
    assert include.command("fetch", ["c", "a b"]) == "git lfs fetch '--include=/a b,/c'"
    for name in ("a,b", "a*", "a[b", "a?", "a\nb", 'a"b', "a\\b", "#a", "!a"):
        assert include.command("pull", ["x", name]) == "git lfs pull", name
    many = [f"m/{number // 20}/{number}.bin" for number in range(40)]
    assert include.option(many) == "--include=/m/0,/m/1"
    assert include.option([f"{number}.bin" for number in range(40)]) == ""
    assert include.option([]) == ""


def test_the_hint_of_a_scan_fetches_what_was_scanned(lfs_repo: Repo, tmp_path: Path) -> None:
    """From a folder, with a name that a shell would take apart."""
    repo = lfs_repo
    repo.stage(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    contents = {ODD: weights_bytes(3000), "pretrained_model/other/x.bin": weights_bytes(3001)}
    repo.stage_all(contents)
    repo.commit()
    repo.git("init", "-q", "--bare", str(tmp_path / "there"))
    repo.git("remote", "add", "origin", str(tmp_path / "there"))
    repo.git("push", "-q", "origin", "HEAD:main")
    repo.sh("rm -r .git/lfs/objects")
    for path, content in contents.items():
        (repo.path / path).write_bytes(pointer(content))
    folder = (repo.path / ODD).parent
    for command in ("scan", "inspect"):
        (repo.path / ODD).write_bytes(pointer(contents[ODD]))
        repo.sh("rm -rf .git/lfs/objects")
        shown = repo.pmgit(command, (repo.path / ODD).name, cwd=folder)
        (hint,) = [
            line.removeprefix("hint: ") for line in shown.out.splitlines() if "hint: " in line
        ]
        done = repo.sh(f"cd {repo.path / 'pretrained_model'} && {hint}")
        assert done.code == 0, (command, done)
        assert (repo.path / ODD).read_bytes() == contents[ODD], (command, hint)
        other = repo.path / "pretrained_model/other/x.bin"
        assert other.read_bytes() == pointer(contents["pretrained_model/other/x.bin"])
