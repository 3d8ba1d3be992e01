"""A pmgit.lock that was edited, merged, or does not list all: what is printed cures it."""

from __future__ import annotations

import pytest

from tests.hub_server import HubServer
from tests.kit import Repo, weights_bytes

MODEL = "pretrained_model/my model"  # a command has to quote it
LOCK, INFO, WEIGHTS = (f"{MODEL}/{name}" for name in ("pmgit.lock", "INFO.md", "model.safetensors"))
COMMANDS = ("status", "verify", "outdated", "pull", "update")


@pytest.fixture
def locked(repo: Repo) -> Repo:
    """A model of this disk, committed with its weights, which are small."""
    repo.write(WEIGHTS, weights_bytes(3000))
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    repo.commit("a model")
    return repo


def command_in(text: str, begin: str) -> str:
    """The command that is printed in a line which has `begin` before it."""
    [found] = {line.partition(begin)[2] for line in text.splitlines() if begin in line}
    return found


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("cwd", ["", MODEL])
def test_a_lock_that_was_edited_comes_back(locked: Repo, command: str, cwd: str) -> None:
    text = (locked.path / LOCK).read_text()
    locked.write(LOCK, text.replace('sha256 = "', 'sha256 = "zz'))
    shown = locked.pmgit(command, cwd=cwd)
    assert shown.code == {"status": 0, "verify": 1}.get(command, 3), shown
    assert "unlisted" not in shown.out
    assert "pmgit add" not in shown.out  # it would say that the model is locked already
    begin = "fix: " if command in ("status", "verify") else "bring back what was committed: "
    assert locked.sh(command_in(shown.out + shown.err, begin), cwd=cwd).code == 0
    assert (locked.path / LOCK).read_text() == text
    assert locked.pmgit("verify").code == 0


def test_what_is_wrong_in_git_too_is_not_brought_back_from_there(locked: Repo) -> None:
    locked.write(LOCK, "version = 1\n")
    locked.git("add", ".")
    locked.commit("somebody's edit")
    for command in COMMANDS:
        shown = locked.pmgit(command)
        assert "git restore" not in shown.out + shown.err, command
    assert "remove it, and lock the model anew: pmgit add" in locked.pmgit("pull").err
    (locked.path / LOCK).unlink()
    assert locked.pmgit("add", MODEL).code == 0
    assert locked.pmgit("verify").code == 0


def test_one_lock_that_cannot_be_read_is_none_that_is_compared(locked: Repo) -> None:
    locked.write("pretrained_model/other/model.pt", 3000)
    assert locked.pmgit("add", "pretrained_model/other").code == 0
    locked.write(LOCK, "version = 1\n")
    locked.env["HF_HUB_OFFLINE"] = "0"
    assert "0 of 1 lock is" in locked.pmgit("verify", "--remote").out
    shown = locked.pmgit("outdated")
    assert (shown.code, f"{LOCK}: [source] has no type of " in shown.err) == (3, True), shown


def test_two_branches_that_train_the_same_model(locked: Repo) -> None:
    locked.git("switch", "-q", "-c", "side")
    for branch, size in (("side", 4000), ("main", 5000)):
        locked.git("switch", "-q", branch)
        locked.write(WEIGHTS, weights_bytes(size))
        assert locked.pmgit("update", MODEL).code == 0
        info = (locked.path / INFO).read_text()
        locked.write(INFO, info.replace("**License**: TODO", f"**License**: {branch}"))
        locked.git("add", ".")
        locked.commit(branch)
    locked.git("merge", "-q", "side", code=1)
    locked.git("checkout", "--ours", "--", WEIGHTS)
    for command in COMMANDS:
        shown = locked.pmgit(command)
        assert "two branches have changed it, and it is not merged" in shown.out + shown.err
    fix = "git checkout " + command_in(locked.pmgit("status").out, "fix: git checkout ")
    assert locked.sh(fix).code == 0
    assert locked.pmgit("verify").code == 0
    # Nor may INFO.md be committed as the merge has left it.
    shown = locked.pmgit("info", "update")
    assert (shown.code, "two branches have changed it" in shown.err) == (3, True), shown
    locked.git("add", ".")
    assert ("incomplete-info", INFO) in {(f["rule"], f["path"]) for f in locked.check()}
    locked.write(INFO, locked.git("show", f"HEAD:{INFO}"))
    locked.git("add", ".")
    assert not [f for f in locked.check() if f["severity"] == "error"]


def test_weights_of_ones_own_beside_those_of_a_source(repo: Repo) -> None:
    """No command locks them there, so none is printed."""
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        hub.add("org/m", {"model.safetensors": weights_bytes(2000)}, card={"license": "mit"})
        assert repo.pmgit("add", "org/m", "--yes").code == 0
        repo.write("pretrained_model/m/mine.safetensors", weights_bytes(3000))
        status = repo.pmgit("status").out
        assert "has weights that are not in pmgit.lock: mine.safetensors; move them" in status
        assert "fix: " not in status
        assert "mine.safetensors is not listed" in (shown := repo.pmgit("info", "check").out)
        assert "fix: " not in shown
        target = repo.path / "pretrained_model/mine"
        target.mkdir()
        (repo.path / "pretrained_model/m/mine.safetensors").rename(target / "mine.safetensors")
        assert repo.pmgit("add", "pretrained_model/mine").code == 0
        assert repo.pmgit("verify").code == 0


def test_what_lies_in_the_way_of_an_update_is_said_with_a_way_of_update(repo: Repo) -> None:
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        hub.add("org/m", {"model.safetensors": weights_bytes(2000)})
        assert repo.pmgit("add", "org/m", "--yes").code == 0
        newer = weights_bytes(4000)
        repo.write("pretrained_model/m/model.safetensors", weights_bytes(3000))
        hub.add("org/m", {"model.safetensors": newer})
        shown = repo.pmgit("update", "m", "--yes")
        assert (shown.code, "--name" in shown.err) == (3, False), shown
        assert repo.sh(command_in(shown.err, "have back what is locked: ")).code == 0
        assert repo.pmgit("update", "m", "--yes").code == 0
        assert (repo.path / "pretrained_model/m/model.safetensors").read_bytes() == newer


def test_what_is_only_missing_on_disk_is_brought_back_from_git(locked: Repo) -> None:
    text = (locked.path / LOCK).read_text()
    for file in (LOCK, INFO):
        (locked.path / file).unlink()
        shown = locked.pmgit("status").out
        fix = "git restore " + command_in(shown, "fix: git restore ")
        assert "pmgit info new" not in shown
        assert locked.sh(fix).code == 0
    assert (locked.path / LOCK).read_text() == text
    (locked.path / LOCK).unlink()
    # With nothing to compare, nothing is right.
    assert [locked.pmgit(command).code for command in ("verify", "pull", "outdated")] == [1, 3, 3]


def test_models_outside_of_a_sparse_checkout_are_neither_right_nor_wrong(locked: Repo) -> None:
    locked.stage("src/a.py", "\n")
    locked.commit("code")
    locked.git("sparse-checkout", "set", "src")
    for command in (*COMMANDS, "info check", "info show"):
        shown = locked.pmgit(*command.split())
        assert (shown.code, "right" in shown.out, "fix: " in shown.out) == (0, False, False), shown
        assert "note: outside of this sparse checkout: 1 model" in shown.err
        named = locked.pmgit(*command.split(), "my model")
        assert (named.code, "outside of this sparse checkout" in named.err) == (2, True), named
    assert locked.sh(command_in(named.err, "hint: ")).code == 0
    assert locked.pmgit("verify").code == 0
    assert "1 file" in locked.pmgit("verify").out


def test_a_model_whose_info_names_its_source_can_be_locked_as_from_there(repo: Repo) -> None:
    """As repositories have it that began with INFO.md alone."""
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        data = weights_bytes(2000)
        commit = hub.add("org/m", {"model.safetensors": data})
        repo.write("pretrained_model/m/model.safetensors", data)
        new = ("info", "new", "m", "--source", "https://huggingface.co/org/m", "--yes")
        assert repo.pmgit(*new, "--revision", commit).code == 0
        shown = repo.pmgit("add", "m", cwd="pretrained_model/m")
        assert "the only copy" not in shown.out
        command = command_in(shown.out, "lock them as such: ")
        result = repo.sh(f"{command} --yes", cwd="pretrained_model/m")
        lock = (repo.path / "pretrained_model/m/pmgit.lock").read_text()
        assert (result.code, commit in lock) == (0, True), result
        assert not [one for one in hub.log if "/resolve/" in one.path]


def test_a_clone_that_has_only_info_is_not_right_and_gets_the_model(repo: Repo) -> None:
    """As repositories are that follow the guide, and have no locks yet."""
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        data = weights_bytes(2000)
        commit = hub.add("org/m", {"model.safetensors": data})
        repo.write("pretrained_model/m/INFO.md", (
            "# M\n\n**Source**: https://huggingface.co/org/m\n**Downloaded**: 2026-01-13\n"
            f"**Commit**: `main` (commit: {commit})\n**License**: mit\n"
        ))  # fmt: skip
        repo.write("pretrained_model/none/INFO.md", "# None\n\n**Source**: a colleague\n")
        for command in ("verify", "pull"):
            shown = repo.pmgit(command)
            assert (shown.code, "right" in shown.out) == (1, False), shown
        status = repo.pmgit("status").out
        assert "pretrained_model/none: has nothing but INFO.md, and no pmgit.lock" in status
        assert repo.sh(f"{command_in(status, 'fix: ')} --yes").code == 0
        assert (repo.path / "pretrained_model/m/model.safetensors").read_bytes() == data
        assert repo.pmgit("verify", "m").code == 0


@pytest.mark.parametrize("has_lock", [False, True])
def test_pointers_that_two_branches_have_changed(lfs_repo: Repo, has_lock: bool) -> None:
    """They lie there with the lines of both, which no command may take for the weights."""
    repo = lfs_repo
    repo.write(WEIGHTS, weights_bytes(3000))
    repo.add_info(MODEL)
    if has_lock:
        assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    repo.commit("a model")
    repo.git("switch", "-q", "-c", "side")
    for branch, size in (("side", 4000), ("main", 5000)):
        repo.git("switch", "-q", branch)
        repo.write(WEIGHTS, weights_bytes(size))
        if has_lock:
            assert repo.pmgit("update", MODEL).code == 0
        repo.git("add", WEIGHTS, *[LOCK] * has_lock)
        repo.commit(branch)
    repo.git("reset", "-q", "--hard")
    repo.git("merge", "-q", "side", code=1)
    assert b"<<<<<<< " in (repo.path / WEIGHTS).read_bytes()
    info = (repo.path / INFO).read_bytes()
    for command in ("info update", *COMMANDS):
        shown = repo.pmgit(*command.split(), *[MODEL] * (command == "update"))
        assert shown.code == {"status": 0, "verify": 1}.get(command, 3), shown
        text = shown.out + shown.err
        assert "two branches have changed it, and it is not merged" in text, shown
        assert "only copy" not in text
        assert "pmgit add" not in text
    assert (repo.path / INFO).read_bytes() == info
    fix = "git checkout " + command_in(repo.pmgit("status").out, "fix: git checkout ")
    assert repo.sh(fix).code == 0
    assert (repo.path / WEIGHTS).read_bytes() == weights_bytes(5000)
    assert repo.pmgit("verify").code == 0
    assert repo.git("ls-files", "-u") == ""
