"""What servers of Git LFS say, and what lies in between: made here, and every way out pasted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import Repo, Result, pointer, random_bytes, weights_bytes
from tests.lfs_install import install_lfs
from tests.lfs_server import LfsServer
from tests.made_once import made_once
from tests.symptoms.reading import explain, way, ways

NAME = "a b.bin"
CONTENT = weights_bytes(3000)


def said(result: Result) -> str:
    assert result.code != 0, result
    return result.out + result.err


@pytest.fixture
def server() -> Iterator[LfsServer]:
    with LfsServer() as server:
        yield server


@pytest.fixture
def pushing(repo: Repo) -> Repo:
    """A repository with an object to push, and a bare remote."""
    return made_once(repo, _pushing)


def _pushing(repo: Repo) -> None:
    repo.add_remote()
    install_lfs(repo)
    repo.stage(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.commit()
    repo.git("push", "-q", "-u", "origin", "main")
    repo.stage(NAME, CONTENT)
    repo.commit()


def paste(repo: Repo, line: str) -> Result:
    done = repo.sh(line)
    assert done.code == 0, (line, done)
    return done


def looks(repo: Repo, shown: Result) -> None:
    """What is printed to see more can be run."""
    assert repo.sh(way(shown, "see more")).code in (0, 1)


def test_no_address(pushing: Repo, server: LfsServer, tmp_path: Path) -> None:
    for url in ("git:me/models.git", "origin"):
        pushing.git("config", "remote.origin.url", url)
        pushing.git("config", "lfs.url" if url == "origin" else "remote.x.y", "origin.git/info/lfs")
        shown = explain(pushing, said(pushing.run(["git", "lfs", "push", "origin", "main"])))
        assert shown.out.startswith("Git LFS does not know where its server is\n")
    pushing.git("config", "--unset", "lfs.url")
    looks(pushing, shown)
    paste(pushing, way(shown, "give the remote").replace("ADDRESS", str(tmp_path / "remote.git")))
    paste(pushing, way(shown, "the objects are on another").replace("ADDRESS", server.url))
    pushing.git("push", "-q")
    assert list(server.objects.values()) == [CONTENT]
    assert server.url in pushing.blob(".lfsconfig", "HEAD").decode()


def test_a_plain_ssh_server(pushing: Repo, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'bash: line 1: git-lfs-authenticate: command not found' >&2\n"
                   "exit 127\n")  # fmt: skip
    ssh.chmod(0o755)
    pushing.env["GIT_SSH_COMMAND"] = str(ssh)
    pushing.git("remote", "set-url", "origin", "git@example.invalid:me/models.git")
    shown = explain(pushing, said(pushing.run(["git", "lfs", "push", "origin", "main"])))
    assert shown.out.startswith("The server takes commits over ssh, and has no server of Git LFS\n")
    looks(pushing, shown)
    line = way(shown, "the repository's folder").replace("/FOLDER", str(tmp_path / "remote.git"))
    paste(pushing, line.partition(" && ")[0])  # the stand-in takes no commits
    pushing.git("lfs", "push", "origin", "main")
    stored = [f for f in (tmp_path / "remote.git/lfs/objects").rglob("*") if f.is_file()]
    assert [file.read_bytes() for file in stored] == [CONTENT]


@pytest.mark.parametrize("status", [401, 403])
def test_a_log_in_that_is_not_accepted(
    status: int, pushing: Repo, server: LfsServer, tmp_path: Path
) -> None:
    store = tmp_path / "home/.git-credentials"
    store.write_text(f"{server.url.removesuffix('/lfs').replace('//', '//me:old@')}\n"
                     "https://me:old@example.invalid\n")  # fmt: skip
    pushing.git("config", "credential.helper", "store")
    pushing.git("config", "lfs.url", server.url)
    server.refusal = (status, "")
    shown = explain(pushing, said(pushing.run(["git", "push"])))
    assert shown.out.startswith("The server of Git LFS does not accept the log-in\n")
    looks(pushing, shown)
    paste(pushing, way(shown, "forget the stored one").replace("HOST", "example.invalid"))
    assert "example.invalid" not in store.read_text()
    line = way(shown, "let Git LFS get its log-in through ssh")
    paste(pushing, line.replace("HOST", "h").replace("OWNER/REPOSITORY", "o/r"))
    assert pushing.git("remote", "get-url", "origin") == "git@h:o/r.git\n"


def test_no_server_at_this_address(pushing: Repo, server: LfsServer, tmp_path: Path) -> None:
    pushing.git("config", "lfs.url", server.url)
    server.refusal = (404, "")
    shown = explain(pushing, said(pushing.run(["git", "push"])))
    assert shown.out.startswith("There is no server of Git LFS at this address, or this user may")
    looks(pushing, shown)
    line = way(shown, "the remote's address is wrong")
    paste(pushing, line.replace("ADDRESS", str(tmp_path / "remote.git")))
    paste(pushing, way(shown, "another log-in"))
    pushing.git("config", "--unset", "lfs.url")
    pushing.git("push", "-q")


def test_a_note_about_locks(pushing: Repo, server: LfsServer) -> None:
    pushing.git("config", "lfs.url", server.url)
    pushed = pushing.run(["git", "push"])
    shown = explain(pushing, pushed.out + pushed.err)
    assert shown.out.startswith("A note of Git LFS about locks; nothing is wrong\n")
    paste(pushing, way(shown, "nobody locks files"))
    pushing.git("commit", "-q", "--allow-empty", "-m", "x")
    pushed = pushing.run(["git", "push"])
    assert "ocking" not in pushed.out + pushed.err


def test_git_lfs_is_switched_off(pushing: Repo, server: LfsServer) -> None:
    pushing.git("config", "lfs.url", server.url)
    server.refusal = (501, "Git LFS is not enabled on this GitLab server, contact your admin.")
    shown = explain(pushing, said(pushing.run(["git", "push"])))
    assert shown.out.startswith("Git LFS is switched off on the server\n")
    with LfsServer() as other:
        pushing.git("config", "--unset", "lfs.url")
        paste(pushing, way(shown, "another server").replace("ADDRESS", other.url))
        pushing.git("push", "-q")
        assert list(other.objects.values()) == [CONTENT]


def test_a_proxy_with_a_limit(pushing: Repo, server: LfsServer) -> None:
    pushing.git("config", "lfs.url", server.url)
    pushing.git("config", "lfs.transfer.maxretries", "1")
    server.limit = 2000
    shown = explain(pushing, said(pushing.run(["git", "push"])))
    assert shown.out.startswith("Something before the server of Git LFS refuses uploads of this")
    assert paste(pushing, way(shown, "see more")).out.rstrip().endswith(NAME)
    server.limit = 0
    paste(pushing, way(shown, "try it over HTTP/1.1"))
    assert list(server.objects.values()) == [CONTENT]


def test_a_file_that_somebody_has_locked(pushing: Repo, server: LfsServer) -> None:
    pushing.git("config", "lfs.url", server.url)
    pushing.git("config", f"lfs.{server.url}.locksverify", "true")
    server.locked = [NAME]
    shown = explain(pushing, said(pushing.run(["git", "push"])))
    assert shown.out.startswith(f"Somebody has locked a file that is pushed\n  {NAME}\n")
    assert NAME in paste(pushing, way(shown, "see more")).out
    paste(pushing, way(shown, "when the owner says so"))
    pushing.git("push", "-q")


def test_a_push_that_is_larger_than_a_server_takes(repo: Repo, tmp_path: Path) -> None:
    repo.push_first("pretrained_model/bert")
    remote = Repo(tmp_path / "remote.git", repo.env, init=None)
    remote.git("config", "receive.maxInputSize", "50k")
    for number in range(3):
        repo.stage(f"{number}.dat", random_bytes(30_000, seed=number))
        repo.commit()
    shown = explain(repo, said(repo.run(["git", "push"])))
    assert shown.out.startswith("The server refuses a push that is larger than it takes at once\n")
    looks(repo, shown)
    assert repo.sh(way(shown, "take what pmgit objects to")).out == "nothing to fix\n"
    paste(repo, way(shown, "push every commit by itself").replace("BRANCH", "main"))
    assert repo.git("status", "-sb").startswith("## main...origin/main\n")
    repo.git("branch", "--unset-upstream")
    assert len(ways(explain(repo, "remote: fatal: pack exceeds maximum allowed size"))) == 2


def test_a_push_that_a_proxy_refuses(repo: Repo) -> None:
    repo.push_first("pretrained_model/bert")
    shown = explain(
        repo, "error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413"
    )
    looks(repo, shown)
    line = way(shown, "push over ssh")
    paste(repo, line.replace("HOST", "h").replace("OWNER/REPOSITORY", "o/r"))
    assert repo.git("remote", "get-url", "--push", "origin") == "git@h:o/r.git\n"


def test_a_fork_at_github(pushing: Repo, server: LfsServer, tmp_path: Path) -> None:
    """The fork takes nothing new, and everything that the original has."""
    pushing.git("config", "lfs.url", server.url)
    server.refusal = (403, "@me can not upload new objects to public fork me/models")
    shown = explain(pushing, said(pushing.run(["git", "push"])))
    assert "GitHub takes no new Git LFS objects in a fork\n" in shown.out
    server.refusal = None
    pushing.git("remote", "add", "upstream", str(tmp_path / "remote.git"))
    paste(pushing, way(shown, "you may write to the original").replace("ORIGINAL", "upstream"))
    assert list(server.objects.values()) == [CONTENT]


def test_a_certificate(pushing: Repo) -> None:
    shown = explain(pushing, "batch response: Post https://x: x509: certificate signed by unknown"
                             " authority")  # fmt: skip
    looks(pushing, shown)
    paste(pushing, way(shown, "name the file").replace("FILE", "ca.pem"))
    assert pushing.git("config", "http.sslCAInfo") == "ca.pem\n"
    assert pointer(CONTENT) == pushing.blob(NAME)
