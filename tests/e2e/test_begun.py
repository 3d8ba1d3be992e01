"""What the installed pre-receive hook begins while Python starts, with real pushes."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_pre_receive import Server, make_server, sin
from tests.kit import GIT_VERSION

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path, env: dict[str, str]) -> Server:
    """A server that has the first commit of its clone's main branch."""
    return make_server(tmp_path, env)


#: Each system has the first of them, and that is what runs hooks.
SHELLS = ("sh", "dash", "bash", "busybox", "mksh", "ksh", "yash")


@pytest.mark.parametrize("shell", [name for name in SHELLS if shutil.which(name)])
def test_any_shell_begins_the_walk(shell: str, server: Server) -> None:
    """What it has read and begun counts, and git does not do it again."""
    words = f"{shutil.which(shell)}{' sh' if shell == 'busybox' else ''}"
    hook = server.path / "hooks/pre-receive"
    hook.write_text(hook.read_text().replace("#!/bin/sh", f"#!{words}", 1))
    clone = server.clone
    clone.stage("a.txt", "a\n")
    clone.commit()
    server.accepted("main", "main:refs/heads/\u0085x", "main:refs/tags/t")
    server.processes  # noqa: B018
    clone.stage("b.txt", "b\n")
    clone.commit()
    server.accepted("main")
    (walk,) = re.findall(r"built-in: git log .*", server.trace.read_text())
    assert "--stdin" not in walk, "it is the shell's own, and there is no other"
    # The settings, the walk, the objects; no attributes.
    assert server.processes <= (3 if GIT_VERSION >= (2, 36) else 6)
    sin(clone)
    assert "tracked-weights" in server.refused("main")
    assert "tracked-weights" in server.refused("main:refs/heads/$(x)")
    assert "tracked-weights" in server.refused(
        "main:refs/heads/b", ":refs/heads/\u0085x", "main:refs/heads/c"
    )
    server.accepted(":refs/heads/\u0085x")


def test_what_was_begun_for_the_first_ref_is_not_taken_for_all(server: Server) -> None:
    clone = server.clone
    clone.stage("a.txt", "a\n")
    clone.commit()
    clone.git("switch", "-q", "-c", "other")
    sin(clone)
    for refs in (["main", "other"], ["other", "main"], ["main:refs/heads/a", "other:refs/heads/c"]):
        assert "tracked-weights" in server.refused(*refs), refs
    server.accepted("main", "main:refs/heads/more")


@pytest.mark.parametrize(
    "broken", ["exit 1", "sh -c 'kill -9 $PPID'", 'rm -f "$file"; exit 0', "exec sleep 60", ""]
)
def test_what_was_begun_in_vain_is_asked_again(broken: str, server: Server) -> None:
    hook = server.path / "hooks/pre-receive"
    text = hook.read_text()
    # In place of the walk; or another process is named than the one that was begun.
    begun = text.replace("exec git -c", f"{broken} || git -c") if broken else text
    if not broken:
        begun = text.replace("begun=$!:", "begun=$$:")
    assert begun != text
    clone = server.clone
    clone.stage("a.txt", "a\n")
    clone.commit()
    if broken == "exec sleep 60":
        # Nobody waits for a walk that no ref needs; and it is not left behind.
        begun = begun.replace("exec sleep 60", "exec sleep 60.25")
        hook.write_text(begun)
        server.accepted("main", "main~1:refs/heads/b")
        assert "sleep 60.25" not in server.run(["ps", "-A", "-o", "args"]).out
        return
    hook.write_text(begun)
    server.accepted("main")
    sin(clone)
    assert "tracked-weights" in server.refused("main")
