"""`absent-object`: a pushed pointer whose object is neither here nor on the remote."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmgit.git.repository import discover
from pmgit.lfs import server as lfs_server
from tests.kit import Repo, Result, native_hooks, pointer, weights_bytes
from tests.lfs_server import LfsServer
from tests.made_once import made_once

pytestmark = pytest.mark.usefixtures("quick_hooks")

RULE = "absent-object"
PATH = "pretrained_model/bert/model.safetensors"
CONTENT = weights_bytes(3000)
OTHER = weights_bytes(3001)
OID, OTHER_OID = (hashlib.sha256(content).hexdigest() for content in (CONTENT, OTHER))


@pytest.fixture
def pushing(lfs_repo: Repo) -> Repo:
    """A repository with a remote that has its first commit."""
    return made_once(lfs_repo, _push)


def _push(repo: Repo) -> None:
    repo.add_remote()
    repo.git("push", "-q", "--no-verify", "origin", "main")


def push(repo: Repo, old: str = "0" * 40, *, env: dict[str, str] | None = None) -> Result:
    """What Git runs before it pushes HEAD, with this rule alone."""
    new = repo.git("rev-parse", "HEAD").strip()
    line = f"refs/heads/main {new} refs/heads/main {old}\n".encode()
    argv = ["pmgit-hook", "pre-push", "origin", "url", "--select", RULE]
    return repo.run(argv, stdin=line, env=env)


def lose_object(repo: Repo) -> None:
    (repo.path / f".git/lfs/objects/{OID[:2]}/{OID[2:4]}/{OID}").unlink()


# -- reports --------------------------------------------------------------------------------------


def test_a_pointer_to_nothing(pushing: Repo) -> None:
    pushing.stage_blob(PATH, pointer(CONTENT))
    pushing.commit()
    found = push(pushing)
    assert found.code == 1, found
    assert found.out.splitlines()[0].startswith(
        f"{PATH}: absent-object: a Git LFS pointer whose object (3.0 kB, sha256 {OID[:12]}) is"
        " neither here nor on the remote; if another remote has it: git lfs fetch --all REMOTE"
    )
    assert found.fixes == []


def test_also_when_git_lfs_may_push_incompletely(pushing: Repo) -> None:
    pushing.git("config", "lfs.allowincompletepush", "true")
    pushing.stage_blob(PATH, pointer(CONTENT))
    pushing.commit()
    assert push(pushing).code == 1


def test_a_pointer_that_a_later_commit_takes_away(pushing: Repo) -> None:
    pushing.stage_blob(PATH, pointer(CONTENT))
    pushing.commit()
    pushing.git("rm", "-q", "--cached", PATH)
    pushing.commit()
    assert push(pushing).code == 1


def test_an_object_that_is_cut_off(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    file = pushing.path / f".git/lfs/objects/{OID[:2]}/{OID[2:4]}/{OID}"
    file.chmod(0o644)
    os.truncate(file, 100)
    assert push(pushing).code == 1


# -- accepts --------------------------------------------------------------------------------------


def test_an_object_that_is_here(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    assert push(pushing).code == 0


def test_a_pointer_that_the_remote_has_already(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    pushing.git("push", "-q", "--no-verify", "origin", "main")
    lose_object(pushing)
    pushing.git("mv", PATH, f"{PATH}.safetensors")
    pushing.commit()
    assert push(pushing).code == 0


def test_only_a_push_is_asked(pushing: Repo) -> None:
    base = pushing.git("rev-parse", "HEAD").strip()
    pushing.stage_blob(PATH, pointer(CONTENT))
    assert pushing.check("--select", RULE) == []
    pushing.commit()
    assert pushing.check("--select", RULE, "--range", f"{base}..HEAD") == []


# -- the server of Git LFS ------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[LfsServer]:
    with LfsServer() as server:
        yield server


@pytest.fixture
def forked(lfs_repo: Repo, server: LfsServer) -> Repo:
    """A clone without any object, and a remote that it has never fetched from or pushed to."""
    made_once(lfs_repo, _clone)
    lfs_repo.add_remote("fork", "fork.git")
    lfs_repo.write(".lfsconfig", f"[lfs]\n\turl = {server.url}\n")
    return lfs_repo


def _clone(repo: Repo) -> None:
    repo.add_info("pretrained_model/bert")
    for number, content in enumerate((CONTENT, OTHER)):
        repo.stage_blob(f"pretrained_model/bert/{number}.safetensors", pointer(content))
    repo.commit()


def push_to(repo: Repo, remote: str = "fork", *, env: dict[str, str] | None = None) -> Result:
    """What Git runs before it pushes HEAD to a new branch there."""
    new = repo.git("rev-parse", "HEAD").strip()
    line = f"refs/heads/topic {new} refs/heads/topic {'0' * 40}\n".encode()
    argv = ["pmgit-hook", "pre-push", remote, "url", "--select", RULE]
    return repo.run(argv, stdin=line, env=env)


def test_what_the_server_has_is_not_absent(forked: Repo, server: LfsServer) -> None:
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    before = sorted(forked.path.rglob("*"))
    found = push_to(forked)
    assert (found.code, found.out, found.err) == (0, "", "")
    # It is asked once, for what is not here, and as the push itself would.
    (batch,) = server.batches
    assert batch["operation"] == "upload"
    assert batch["ref"] == {"name": "refs/heads/topic"}
    assert sorted(o["oid"] for o in batch["objects"]) == sorted((OID, OTHER_OID))
    assert [entry for entry in server.log if not entry.endswith("/objects/batch")] == []
    assert sorted(forked.path.rglob("*")) == before


def test_a_real_push(forked: Repo, server: LfsServer, tmp_path: Path) -> None:
    """With pmgit's hook and that of Git LFS: both let it through, or neither does."""
    forked.git("config", "core.hooksPath", str(native_hooks(tmp_path)))
    server.objects = {OID: CONTENT}
    refused = forked.run(["git", "push", "fork", "HEAD:topic"])
    assert refused.code != 0
    assert f"{OTHER_OID[:12]}) is neither here nor on the remote" in refused.out + refused.err
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    forked.git("push", "-q", "fork", "HEAD:topic")
    assert forked.git("ls-remote", "fork", "topic") != ""


def test_a_server_behind_ssh(forked: Repo, server: LfsServer, tmp_path: Path) -> None:
    """`git-lfs-authenticate` tells where it is."""
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    (forked.path / ".lfsconfig").unlink()
    forked.git("remote", "set-url", "fork", "git@example.invalid:me/models.git")
    ssh = tmp_path / "ssh"
    answer = f'{{"href": "{server.url}", "header": {{}}}}'
    ssh.write_text(f"#!/bin/sh\ncase $* in *authenticate*) echo '{answer}';; *) exit 1;; esac\n")
    ssh.chmod(0o755)
    assert push_to(forked, env={"GIT_SSH_COMMAND": str(ssh)}).code == 0
    assert len(server.batches) == 1


def test_what_the_server_lacks_is_absent(forked: Repo, server: LfsServer) -> None:
    """Whatever a push may leave out by the configuration of this clone."""
    settings = {"allowincompletepush": "true", "skipdownloaderrors": "true",
                "concurrenttransfers": "1", "storage": "elsewhere"}  # fmt: skip
    for name, value in settings.items():
        forked.git("config", f"lfs.{name}", value)
    configuration = (forked.path / ".git/config").read_bytes()
    server.objects = {OID: CONTENT}
    found = push_to(forked, env={"GIT_LFS_SKIP_PUSH": "1"})
    assert found.code == 1, found
    assert f"sha256 {OTHER_OID[:12]}) is neither here nor on the remote; if" in found.out
    assert OID[:12] not in found.out
    assert (forked.path / ".git/config").read_bytes() == configuration


@pytest.mark.parametrize("told", ["lfs.pushurl", "remote.fork.lfsurl", "remote.fork.lfspushurl"])
def test_asked_is_the_server_that_the_push_would_go_to(
    told: str, forked: Repo, server: LfsServer
) -> None:
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    (forked.path / ".lfsconfig").unlink()
    assert push_to(forked).code == 1
    forked.git("config", told, server.url)
    assert push_to(forked).code == 0


def test_a_push_to_an_address(forked: Repo, server: LfsServer, tmp_path: Path) -> None:
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    assert push_to(forked, str(tmp_path / "fork.git")).code == 0
    assert len(server.batches) == 1
    env = {"PRE_COMMIT_REMOTE_NAME": "fork", "PRE_COMMIT_TO_REF": "HEAD"}
    assert forked.hook("--select", RULE, env=env).code == 0
    assert len(server.batches) == 2


def test_objects_that_are_here_are_not_asked_for(forked: Repo, server: LfsServer) -> None:
    forked.stage(PATH, weights_bytes(4000))
    forked.commit()
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    assert push_to(forked).code == 0
    assert len(server.batches[0]["objects"]) == 2
    assert server.uploads == []
    # One that is here in part is.
    oid = pointer(weights_bytes(4000)).split(b":")[2][:64].decode()
    file = forked.path / f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}"
    file.chmod(0o644)
    os.truncate(file, 100)
    assert push_to(forked).code == 1
    assert len(server.batches[1]["objects"]) == 3


@pytest.mark.parametrize("refusal", [(403, "You may not push here"), (500, "Out of order")])
def test_a_server_that_refuses_to_answer(
    refusal: tuple[int, str], forked: Repo, server: LfsServer
) -> None:
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    server.refusal = refusal
    found = push_to(forked)
    assert found.code == 1, found
    said = found.out.splitlines()[0]
    assert "is neither here nor on the remote (the server of Git LFS gave no answer: " in said
    assert refusal[1] in said


def test_a_server_that_is_not_there(forked: Repo) -> None:
    forked.write(".lfsconfig", "[lfs]\n\turl = http://me:secret@127.0.0.1:1/lfs\n")
    found = push_to(forked)
    assert found.code == 1, found
    assert "gave no answer: " in found.out
    assert "secret" not in found.out


def test_a_server_that_never_answers(
    forked: Repo, server: LfsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.is_silent = True
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(lfs_server, "SECONDS", 0.5)
    monkeypatch.chdir(forked.path)
    blob = forked.git("rev-parse", "HEAD:pretrained_model/bert/0.safetensors").strip()
    with pytest.raises(lfs_server.NoAnswerError, match="within"):
        lfs_server.lacking(discover(), "fork", "refs/heads/x", {OID: blob})
    assert os.listdir(tmp_path / "temporary") == []


def test_a_program_of_the_configuration_is_not_started(forked: Repo) -> None:
    forked.git("config", "lfs.standalonetransferagent", "mine")
    forked.git("config", "lfs.customtransfer.mine.path", "touch")
    forked.git("config", "lfs.customtransfer.mine.args", "PWNED")
    assert push_to(forked).code == 1
    assert not (forked.path / "PWNED").exists()


def test_a_pointer_that_git_lfs_cannot_read_is_never_there(forked: Repo, server: LfsServer) -> None:
    server.objects = {OID: CONTENT, OTHER_OID: OTHER}
    forked.stage_blob(PATH, b"\xef\xbb\xbf" + pointer(CONTENT))
    forked.commit()
    found = push_to(forked)
    assert found.code == 1
    assert found.out.count(": absent-object: ") == 1
    assert found.out.startswith(f"{PATH}: ")


def test_many_objects_and_one_process(forked: Repo, server: LfsServer) -> None:
    contents = [b"%d" % number for number in range(250)]
    server.objects = {hashlib.sha256(content).hexdigest(): content for content in contents}
    names = [f"pretrained_model/bert/n{number}.safetensors" for number in range(250)]
    forked.stage_blobs({n: pointer(c) for n, c in zip(names, contents, strict=True)})
    forked.commit()
    found = push_to(forked)
    assert found.out.count(": absent-object: ") == 2, found
    assert sum(len(batch["objects"]) for batch in server.batches) == 252


# -- fix ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["", "pretrained_model"])
@pytest.mark.parametrize("path", [PATH, "pretrained_model/a b/'q' $x.safetensors"])
def test_the_file_on_disk_gives_the_object_back(path: str, folder: str, pushing: Repo) -> None:
    pushing.stage(path, CONTENT)
    pushing.commit()
    lose_object(pushing)
    found = push(pushing, env={"GIT_PREFIX": f"{folder}/" if folder else ""})
    assert found.code == 1, found
    (fix,) = found.fixes
    pushing.paste(fix, cwd=folder)
    assert push(pushing).code == 0


def test_another_file_on_disk_is_no_help(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    lose_object(pushing)
    pushing.write(PATH, CONTENT[:-1] + b"!")
    assert push(pushing).fixes == []


# -- git-lfs is missing ---------------------------------------------------------------------------


def test_without_git_lfs_nothing_can_be_uploaded(pushing: Repo, tmp_path: Path) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "pmgit-hook"):
        found = shutil.which(name, path=pushing.env["PATH"])
        assert found
        (programs / name).symlink_to(found)
    (tmp_path / "empty").mkdir()
    env = {"PATH": str(programs), "GIT_EXEC_PATH": str(tmp_path / "empty")}
    refused = push(pushing, env=env)
    assert refused.code == 3, refused
    assert f"{PATH} is a Git LFS pointer, and without git-lfs" in refused.err
    assert "hint: install it: " in refused.err
