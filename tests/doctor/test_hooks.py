"""The hook folder, and whether a push uploads: told right, and put right, with a real push."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.core.shell import Shell
from pmgit.doctor.check import ERROR, OK, WARNING
from tests.doctor.looking import answer_yes, cure, look, look_at
from tests.hooks.test_chain import earlier
from tests.kit import pointer, weights_bytes
from tests.lfs_install import store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

FOREIGN = "#!/bin/sh\necho foreign\n"


pytestmark = pytest.mark.usefixtures("quick_pre_commit", "quick_hooks")


@pytest.fixture
def hooks(lfs_repo: Repo) -> Path:
    folder = lfs_repo.path / ".git" / "hooks"
    assert (folder / "pre-push").is_file()
    return folder


def uploads(repo: Repo, tmp_path: Path) -> bool:
    """Whether a real push of a new file takes its object along."""
    remote = tmp_path / "remote.git"
    if not remote.exists():
        repo.add_remote()
    count = len(list(remote.glob("lfs/objects/*/*/*")))
    number = int(repo.git("rev-list", "--count", "HEAD"))
    repo.add_info("pretrained_model/bert")
    # The pointer and the object, as `git add` leaves them with 10 processes of Git LFS.
    content = weights_bytes(2000, seed=number)
    repo.stage_blobs({"pretrained_model/bert/model.safetensors": pointer(content)})
    store(repo, content)
    repo.commit("Add weights")
    pushed = repo.run(["git", "push", "-q", "origin", "HEAD:main"])
    assert pushed.code == 0, pushed
    return len(list(remote.glob("lfs/objects/*/*/*"))) > count


def write(folder: Path, name: str, text: str, mode: int = 0o755) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(mode)
    return folder / name


def test_the_hook_of_git_lfs(lfs_repo: Repo, hooks: Path) -> None:
    found = look(lfs_repo)
    assert (found["lfs-hook"].status, found["hooks-path"].status) == (OK, OK)
    assert found["lfs-hook"].evidence == ".git/hooks/pre-push runs git lfs pre-push"


def test_no_hook(lfs_repo: Repo, hooks: Path, tmp_path: Path) -> None:
    for file in hooks.iterdir():
        file.unlink()
    assert cure(lfs_repo, "lfs-hook", ERROR) == "git lfs update"
    assert uploads(lfs_repo, tmp_path)


def test_no_hook_and_a_foreign_one_beside(lfs_repo: Repo, hooks: Path, tmp_path: Path) -> None:
    """`git lfs update` would stop half way at it."""
    (hooks / "pre-push").unlink()
    write(hooks, "post-commit", FOREIGN)
    assert cure(lfs_repo, "lfs-hook", ERROR) == "pmgit init --hooks native"
    assert uploads(lfs_repo, tmp_path)
    assert (hooks / "post-commit").read_text() == FOREIGN


def test_a_hook_that_lost_its_x_bit(lfs_repo: Repo, hooks: Path, tmp_path: Path) -> None:
    (hooks / "pre-push").chmod(0o644)
    assert not uploads(lfs_repo, tmp_path)
    assert cure(lfs_repo, "lfs-hook", ERROR).startswith("chmod +x")
    assert uploads(lfs_repo, tmp_path)


def test_a_chain_of_an_earlier_version(lfs_repo: Repo, hooks: Path, tmp_path: Path) -> None:
    """It runs, and `pmgit init` writes it anew."""
    lfs_repo.write(".pmgit.toml", 'storage = "lfs"\nhooks = "native"\n')
    assert look_at(lfs_repo, "pmgit-hook").status == WARNING
    for stage in ("pre-commit", "pre-push"):
        upload = {"upload": "always" if stage == "pre-push" else "no"}
        write(hooks, stage, earlier("version_1_third.sh", {"stage": stage, **upload}).decode())
    found = look(lfs_repo)
    assert (found["pmgit-hook"].status, found["lfs-hook"].status) == (OK, OK)
    check = found["hook-chain"]
    assert check.status == WARNING
    assert check.evidence == (
        ".git/hooks/pre-commit, .git/hooks/pre-push are of an earlier version of pmgit"
    )
    assert check.fix
    answer_yes(lfs_repo, Shell().line(check.fix))
    assert "hook-chain" not in look(lfs_repo)
    assert uploads(lfs_repo, tmp_path)


def test_a_foreign_hook(lfs_repo: Repo, hooks: Path, tmp_path: Path) -> None:
    write(hooks, "pre-push", FOREIGN)
    assert look_at(lfs_repo, "lfs-hook").status == ERROR
    text = '#!/bin/sh\n# git lfs pre-push "$@"\nexit 0\n'  # in a comment
    write(hooks, "pre-push", text)
    assert not uploads(lfs_repo, tmp_path)
    assert cure(lfs_repo, "lfs-hook", ERROR) == "pmgit init --hooks native"
    assert uploads(lfs_repo, tmp_path)
    assert (hooks / "pre-push.before-pmgit").read_text() == text


def push_config(repo: Repo) -> None:
    repo.write(
        ".pre-commit-config.yaml",
        "default_install_hook_types: [pre-push]\nrepos:\n- repo: local\n  hooks:\n"
        "  - {id: x, name: x, entry: 'true', language: system, stages: [pre-push]}\n",
    )
    repo.git("add", ".pre-commit-config.yaml")
    repo.commit("Use pre-commit")


@pytest.mark.parametrize("tool", ["pre-commit", "prek"])
def test_a_framework_that_has_no_legacy(
    tool: str, lfs_repo: Repo, hooks: Path, tmp_path: Path
) -> None:
    """Rows B, C and D of the table: the push says success and uploads nothing."""
    push_config(lfs_repo)
    assert lfs_repo.run([tool, "install", "-f", "-t", "pre-push"]).code == 0
    assert not uploads(lfs_repo, tmp_path)
    framework = (hooks / "pre-push").read_bytes()
    cure(lfs_repo, "lfs-hook", ERROR)
    assert uploads(lfs_repo, tmp_path)
    assert (hooks / "pre-push").read_bytes() == framework


def test_a_framework_with_its_legacy(lfs_repo: Repo, hooks: Path, tmp_path: Path) -> None:
    """Rows A and N."""
    push_config(lfs_repo)
    assert lfs_repo.run(["pre-commit", "install", "-t", "pre-push"]).code == 0
    assert look_at(lfs_repo, "lfs-hook").status == OK
    (hooks / "pre-push.legacy").chmod(0o644)
    assert not uploads(lfs_repo, tmp_path)
    assert cure(lfs_repo, "lfs-hook", ERROR).startswith("chmod +x")
    assert uploads(lfs_repo, tmp_path)


def test_a_legacy_that_is_foreign(lfs_repo: Repo, hooks: Path, tmp_path: Path) -> None:
    push_config(lfs_repo)
    assert lfs_repo.run(["pre-commit", "install", "-f", "-t", "pre-push"]).code == 0
    write(hooks, "pre-push.legacy", FOREIGN)
    assert "pre-push.legacy does not run git lfs pre-push" in look_at(lfs_repo, "lfs-hook").evidence
    lfs_repo.env["PMGIT_INIT_SYSTEM"] = "1"
    assert cure(lfs_repo, "lfs-hook", ERROR) == "pmgit init"
    lfs_repo.git("add", ".pre-commit-config.yaml")
    assert uploads(lfs_repo, tmp_path)


def test_hooks_path_leads_away(lfs_repo: Repo, hooks: Path) -> None:
    """Row J: what is installed in .git/hooks does not run any more."""
    folder = lfs_repo.path / "my hooks"
    folder.mkdir()
    lfs_repo.git("config", "core.hooksPath", "my hooks")
    found = look(lfs_repo)
    assert found["hooks-path"].status == WARNING
    assert "core.hooksPath is my hooks (local: .git/config)" in found["hooks-path"].evidence
    assert "pre-push" in found["hooks-path"].evidence
    assert cure(lfs_repo, "lfs-hook", ERROR) == "git lfs update"
    assert (folder / "pre-push").is_file()
    assert look_at(lfs_repo, "hooks-path").status == OK


def test_what_hooks_path_leaves_behind_is_copied(lfs_repo: Repo, hooks: Path) -> None:
    folder = write(lfs_repo.path / "my hooks", "post-merge", FOREIGN).parent
    write(hooks, "pre-push.legacy", FOREIGN)
    write(hooks, "idle", FOREIGN, 0o644)
    lfs_repo.git("config", "core.hooksPath", "my hooks")
    assert cure(lfs_repo, "hooks-path", WARNING).startswith("cp -p ")
    for name in ("pre-push", "pre-push.legacy", "post-commit"):
        assert (folder / name).read_bytes() == (hooks / name).read_bytes()
    assert (folder / "post-merge").read_text() == FOREIGN
    assert not (folder / "idle").exists()


def test_a_shared_hooks_path_is_not_written_to(lfs_repo: Repo, tmp_path: Path) -> None:
    shared = tmp_path / "home" / "shared"
    shared.mkdir()
    lfs_repo.git("config", "--global", "core.hooksPath", "~/shared")
    found = look(lfs_repo)
    assert "~/shared (global:" in found["hooks-path"].evidence
    assert (found["hooks-path"].status, found["hooks-path"].fix) == (WARNING, None)
    assert cure(lfs_repo, "lfs-hook", ERROR) == "pmgit init --hooks native"
    assert uploads(lfs_repo, tmp_path)
    # It serves this repository, because that has a .pmgit.toml, and leaves all others alone.
    assert "only_configured=yes" in (shared / "pre-push").read_text()


def test_hooks_path_is_no_folder(lfs_repo: Repo) -> None:
    lfs_repo.git("config", "core.hooksPath", "gone")
    assert cure(lfs_repo, "hooks-path", ERROR) == "pmgit init --hooks native"
    assert (lfs_repo.path / "gone/pre-push").is_file()


def test_hooks_path_is_a_file(lfs_repo: Repo) -> None:
    lfs_repo.git("config", "core.hooksPath", "gone")
    lfs_repo.write("gone", "")
    found = look_at(lfs_repo, "hooks-path")
    assert (found.status, found.fix) == (ERROR, None)
    assert found.hint.startswith("move gone away, or let core.hooksPath lead to a folder; see who")


def test_lefthook_uploads_by_itself(lfs_repo: Repo, hooks: Path) -> None:
    """lefthook 2.2 writes such hooks; it runs `git lfs pre-push` itself (tried with 2.2.2)."""
    for stage in ("pre-commit", "pre-push"):
        write(
            hooks,
            stage,
            f'#!/bin/sh\ncall_lefthook()\n{{ :; }}\n\ncall_lefthook run "{stage}" "$@"\n',
        )
    found = look(lfs_repo)
    assert (found["lfs-hook"].status, found["pmgit-hook"].status) == (OK, WARNING)
    assert "is lefthook's" in found["lfs-hook"].evidence
    lfs_repo.write(
        "lefthook.yml", "pre-commit:\n  commands:\n    w: {run: pmgit-hook pre-commit}\n"
    )
    assert look_at(lfs_repo, "pmgit-hook").status == OK


def test_husky_runs_git_lfs_or_not(lfs_repo: Repo) -> None:
    """husky 9: Git runs `.husky/_/pre-push`, which runs `.husky/pre-push`."""
    write(lfs_repo.path / ".husky/_", "pre-push", '#!/bin/sh\n. "${0%/*}/h"\n')
    lfs_repo.git("config", "core.hooksPath", ".husky/_")
    assert look_at(lfs_repo, "lfs-hook").status == ERROR
    write(lfs_repo.path / ".husky", "pre-push", 'git lfs pre-push "$@"\n', 0o644)
    assert look_at(lfs_repo, "lfs-hook").status == OK


def test_a_linked_worktree_shares_the_hooks(lfs_repo: Repo, tmp_path: Path) -> None:
    lfs_repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = type(lfs_repo)(tmp_path / "linked", lfs_repo.env, init=None)
    assert look_at(linked, "lfs-hook").status == OK
