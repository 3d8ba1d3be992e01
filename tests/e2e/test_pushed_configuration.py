"""What pmgit reads of a push: it is the pusher's when it is wrong, and cheap in any case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.push_server import Server, make_server
from tests.e2e.test_pre_receive import WEIGHTS, sin
from tests.kit import BIN

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (".pmgit.toml", "pyproject.toml")
ENTRY = f'"pretrained_model/x-%d/model.bin" tracked-weights {"1" * 40} 3 "there before pmgit"\n'
#: Runs a command from a small process: a fork of this one would count as large as it is.
MEASURE = (
    "import resource, subprocess, sys\n"
    "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, timeout=100)\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    "sys.exit(done.returncode)\n"
)


@pytest.fixture
def server(tmp_path: Path, env: dict[str, str]) -> Server:
    """A server that has the first commit of its clone's main branch."""
    return make_server(tmp_path, env)


def commit(server: Server, name: str, content: bytes | str) -> None:
    """Commit a file on top of what the server has."""
    server.clone.git("reset", "-q", "--hard", server.git("rev-parse", "main").strip())
    server.clone.stage(name, content)
    server.clone.commit()


def test_the_pusher_is_told_what_is_wrong(server: Server) -> None:
    wrong: dict[str, list[bytes | str]] = {
        ".pmgit-baseline": [
            "<<<<<<< HEAD\n", "nonsense\n", b"\xff\xfe", '"a" x - 1\n', '"a\\q" x - 1 "y"\n',
            "version https://git-lfs.github.com/spec/v1\n", "\n" * 300_000, '"' + "a" * 100_000,
        ],
        ".pmgit.toml": [
            "= 1\n", "modls = []\n", 'models = ["a\\u0000b"]\n', "[rules.nothing]\n", b"\xff",
            "[rules.host-limit]\nhost = 'nowhere'\n", "[rules.host-limit]\nhost = 'gone.toml'\n",
            "exclude = ['!']\n", "exclude = ['a\\']\n", f"storage = 0x{'f' * 9000}\n",
            f"models = {[str(number) for number in range(40_000)]}\n".replace(",", ",\n"),
            "a" + ".a" * 4000 + " = 1\n", "# 0123456789\n" * 900_000,
        ],
    }  # fmt: skip
    cases = [(name, content) for name, contents in wrong.items() for content in contents]
    main = server.git("rev-parse", "main").strip()
    stream = []
    for number, (name, content) in enumerate(cases):
        data = content.encode() if isinstance(content, str) else content
        stream.append(
            f"commit refs/heads/w{number}\ncommitter x <x@x> 1700000000 +0000\ndata 1\nx\n"
            f"from {main}\nM 100644 inline {name}\ndata {len(data)}\n".encode()
            + data
            + b"\n"
        )
    server.clone.git("fast-import", "--quiet", stdin=b"".join(stream))
    told = [server.refused("w0"), server.refused(f"w{len(cases) - 1}")]
    # The others are here without their push, and the hook is told of them as of one.
    borrowed = server.path / "objects/info/alternates"
    borrowed.parent.mkdir(exist_ok=True)
    borrowed.write_text(f"{server.clone.path}/.git/objects\n")
    tips = server.clone.git("for-each-ref", "--sort=v:refname", "--format=%(objectname)",
                            "refs/heads/w*").split()  # fmt: skip
    for tip in tips[1:-1]:
        done = server.hook("pre-receive", stdin=f"{main} {tip} refs/heads/main\n".encode())
        assert done.code == 2, done
        told.insert(-1, done.out)
    for (name, _), text in zip(cases, told, strict=True):
        assert f"pmgit: the pushed {name}" in text or "gone.toml" in text, text
        assert "the push was refused: nothing of it is kept on the server" in text
        assert "tell the server's administrator" not in text
        assert "Traceback" not in text
        assert max(map(len, text.splitlines())) < 500


def test_the_same_where_the_server_has_its_own(server: Server) -> None:
    """A pushed configuration means nothing there; a baseline does."""
    server.write("pmgit.toml", "")
    commit(server, ".pmgit-baseline", "nonsense\n")
    told = server.refused("main")
    assert "pmgit: the pushed .pmgit-baseline: line 1 is no entry" in told
    assert "tell the server's administrator" not in told
    for text in ("exclude = ['!']\n", "[rules.host-limit]\nhost = 'nowhere'\n",
                 "[rules.nothing]\n", "a" + ".a" * 4000 + " = 1\n"):  # fmt: skip
        server.write("pmgit.toml", text)
        commit(server, "a.txt", "a\n")
        told = server.refused("main")
        assert "pmgit.toml" in told
        assert "tell the server's administrator" in told


def test_what_is_broken_on_the_server_can_be_mended(server: Server) -> None:
    """It forgives nothing until then, and stops nobody else."""
    clone = server.clone
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    for name, text in ((".pmgit-baseline", "nonsense\n"), (".pmgit.toml", "exclude = ['!']\n")):
        commit(server, name, text)
        server.accepted("main")
    away.rename(hook)
    commit(server, "a.txt", "a\n")
    server.accepted("main")
    sin(clone)
    told = server.refused("main")
    assert "tracked-weights" in told
    assert "note: refs/heads/main: .pmgit-baseline: line 1 is no entry" in told
    assert ": it forgives nothing" in told
    assert "note: refs/heads/main: .pmgit.toml: 'exclude': '!' is no pattern" in told
    told = server.refused("main:refs/heads/new")
    assert "note: the default branch: .pmgit-baseline: line 1" in told
    for name in (".pmgit-baseline", ".pmgit.toml"):
        commit(server, name, "")
        server.accepted("main")


def test_a_configuration_that_nobody_would_read(server: Server) -> None:
    """12 MB of it, in another place than the push: what the ref itself has."""
    clone = server.clone
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    for name in NAMES:
        commit(server, name, b"[tool.pmgit]\n" + b"# 0123456789\n" * 930_000)
        server.accepted("main")
    away.rename(hook)
    sin(clone, WEIGHTS)
    told = server.refused("main")
    assert "tracked-weights" in told
    assert ".pmgit.toml: 12090013 bytes is too large for a configuration" in told
    assert "judged by: pmgit's defaults" in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".pmgit.toml", "".join(f"k{n}{'.a' * 4900} = 1\n" for n in range(99))),
        (".pmgit.toml", "".join(f"[k{n}{'.a' * 15}]\n" for n in range(25_000))),
        ("pyproject.toml", "[tool.pmgit]\n" + "# 0123456789\n" * 800_000),
        (".pmgit-baseline", "".join(ENTRY % n for n in range(84_000))),
        (".pmgit-baseline", '"' + "a\\101" * 1_900_000 + '" x - 1 "y"'),
    ],
    ids=["dotted", "tables", "pyproject", "baseline", "long line"],
)
def test_ten_megabytes_take_little_memory(name: str, content: str, server: Server) -> None:
    server.guard()  # a fork would be no child of the push
    commit(server, name, content)
    argv = [str(BIN / "python"), "-I", "-S", "-c", MEASURE]
    push = ["git", "push", "-q", str(server.path), "main"]
    done = server.clone.run([*argv, *push])
    legitimate = content.startswith('"pretrained')
    assert (done.code == 0) == legitimate, done.err
    assert int(done.out) < 200_000, (done.out, done.err)
    # What is judged by it, once it is there.
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    server.accepted("main")
    away.rename(hook)
    sin(server.clone)
    done = server.clone.run([*argv, *push])
    assert "tracked-weights" in done.err
    assert int(done.out) < 200_000, (done.out, done.err)


def test_an_exclude_pattern_that_other_matchers_never_end_with(server: Server) -> None:
    clone = server.clone
    patterns = ["*a*a*a*b", "**/a/" * 40 + "**/b", "[a-z]*[a-z]*[a-z]*1", "*a" * 400]
    commit(server, ".pmgit.toml", f"exclude = {patterns}\n[weights]\nalways = {patterns}\n")
    server.accepted("main")
    clone.stage_blob(f"pretrained_model/{'a' * 2500}.pt", b"\0raw")
    clone.stage_blob(f"{'a/' * 1200}c.pt", b"\0" * 1_100_000)
    clone.commit()
    told = server.refused("main")
    assert "tracked-weights" in told or "misplaced-weights" in told
    assert "c.pt: oversized-blob" in told
