"""The script of the hook chain, run by each of the shells that the tests need."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest

from pmgit.hooks import chain
from tests.kit import SHELLS, Repo, Result

LINES = b"refs/heads/\xe6\xa8\xa1\xe5\x9e\x8b 1 refs/heads/a' \"$x\\n 0\n(delete) 0 b 1\n"
#: An object of Git LFS, which is to be uploaded.
OBJECT = ".git/lfs/objects/aa/bb/aabb"
#: What `pmgit init` wrote in earlier versions, to the letter.
EARLIER = Path(__file__).parents[1] / "data/hook_chains"
STAGES = ("pre-commit", "pre-merge-commit", "pre-push")
FRAMEWORKS, UPLOADS = ("none", "pre-commit", "prek"), ("never", "used", "always")
#: Stands for a program: it writes down its arguments and what it read, and ends with $CODE.
PROGRAM = '#!/bin/sh\necho "${0##*/} $*" >>"$LOG"\ncat >"$LOG.${0##*/}"\nexit "${CODE:-0}"\n'


@pytest.fixture
def place(repo: Repo, tmp_path: Path) -> Repo:
    """A repository with stand-ins for pmgit and Git LFS on the PATH."""
    for name in ("pmgit-hook", "git-lfs", "pre-commit"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(PROGRAM)
        program.chmod(0o755)
    repo.env["PATH"] = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    repo.env["LOG"] = str(tmp_path / "log")
    repo.write(OBJECT, "x")
    return repo


def put(repo: Repo, stage: str = "pre-push", name: str = "", **options: Any) -> Path:
    upload = chain.USED if stage == "pre-push" else chain.NEVER
    header = chain.ChainHeader(stage, "/no such/py'thon", **{"upload": upload, **options})
    content = chain.text(header)
    file = repo.write(f"hooks dir/{name or stage}", content)
    file.chmod(0o755)
    return file


def run(repo: Repo, file: Path, *shell: str, stdin: bytes = LINES, code: int = 0) -> Result:
    argv = [*shell, str(file), "origin", "url with 'blanks'"]
    return repo.run(argv, stdin=stdin, env={"CODE": str(code)})


def log(repo: Repo) -> list[str]:
    file = Path(repo.env["LOG"])
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize("options", [(), ("-e",), ("-u",), ("-e", "-u")], ids=" ".join)
@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell != "fish"])
def test_each_part_gets_all_of_the_input(shell: str, options: tuple[str, ...], place: Repo) -> None:
    file = put(place)
    place.write("hooks dir/pre-push.before-pmgit", PROGRAM).chmod(0o755)
    words = [shell, "sh"] if shell == "busybox" else [shell]
    done = run(place, file, *words, *options)
    assert (done.code, done.err) == (0, ""), done
    assert log(place) == [
        "pmgit-hook pre-push origin url with 'blanks'",
        "pre-push.before-pmgit origin url with 'blanks'",
        "git-lfs pre-push origin url with 'blanks'",
    ]
    for name in ("pmgit-hook", "pre-push.before-pmgit", "git-lfs"):
        assert Path(f"{place.env['LOG']}.{name}").read_bytes() == LINES


def test_nothing_to_read_is_nothing_to_read(place: Repo) -> None:
    assert run(place, put(place), stdin=b"").code == 0
    assert Path(f"{place.env['LOG']}.git-lfs").read_bytes() == b""


def test_who_does_not_read_does_no_harm(place: Repo) -> None:
    place.write("hooks dir/pre-push.before-pmgit", "#!/bin/sh\nexit 0\n").chmod(0o755)
    done = run(place, put(place), stdin=LINES * 20_000)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("code", [1, 2, 3, 130])
def test_what_pmgit_answers_is_the_answer_and_nothing_else_runs(code: int, place: Repo) -> None:
    assert run(place, put(place), code=code).code == code
    assert len(log(place)) == 1


def test_a_hook_without_the_x_bit_is_not_run(place: Repo) -> None:
    place.write("hooks dir/pre-push.before-pmgit", PROGRAM)
    assert run(place, put(place)).code == 0
    assert [entry.split()[0] for entry in log(place)] == ["pmgit-hook", "git-lfs"]

    assert run(place, put(place, sourced=True)).code == 0
    assert "pre-push.before-pmgit origin url with 'blanks'" in log(place)


def test_the_framework_runs_where_it_is_asked_for(place: Repo) -> None:
    place.write(".pre-commit-config.yaml", "repos: []\n")
    assert run(place, put(place, framework="pre-commit")).code == 0
    assert [entry.split()[0] for entry in log(place)] == ["pmgit-hook", "pre-commit", "git-lfs"]
    # As .legacy it is run by the framework, which does its own part.
    file = put(place, name="pre-push.legacy", framework="pre-commit")
    assert run(place, file).code == 0
    assert len(log(place)) == 5


def test_a_shared_folder_serves_only_who_has_a_configuration(place: Repo) -> None:
    file = put(place, only_configured=True)
    assert run(place, file).code == 0
    assert log(place) == []
    place.write("pyproject.toml", "[tool.pmgit]\n")
    assert run(place, file).code == 0
    assert len(log(place)) == 2


def test_git_lfs_runs_only_where_it_is_used(place: Repo) -> None:
    """Elsewhere it asks the server about locks, and says so at every push."""
    file = put(place)
    (place.path / OBJECT).unlink()
    (place.path / OBJECT).parent.parent.joinpath("bb").rmdir()
    (place.path / OBJECT).parent.parent.rmdir()
    place.commit("nothing of Git LFS", "--allow-empty")

    def runs(*options: str) -> bool:
        Path(place.env["LOG"]).unlink(missing_ok=True)
        assert run(place, file, *options).code == 0
        return any(entry.startswith("git-lfs") for entry in log(place))

    assert not runs()
    assert not runs("sh", "-e", "-u")
    place.git("config", "lfs.storage", "/elsewhere")
    assert runs()
    place.git("config", "--unset", "lfs.storage")
    place.git("config", "lfs.https://example.invalid/x.locksverify", "true")
    assert runs()
    place.git("config", "--remove-section", "lfs.https://example.invalid/x")
    assert not runs()
    place.stage("deep/.gitattributes", "*.bin filter=lfs -text\n")
    place.commit()
    assert runs()
    place.git("rm", "-q", "deep/.gitattributes")
    place.commit()
    assert not runs()
    place.write(OBJECT, "x")
    assert runs("sh", "-e", "-u")
    # In the place of Git LFS's own hook it does what that did.
    (place.path / OBJECT).unlink()
    file = put(place, upload=chain.ALWAYS)
    assert runs()


def test_in_the_place_of_git_lfs_it_must_be_there(place: Repo, tmp_path: Path) -> None:
    (tmp_path / "bin/git-lfs").unlink()
    for name in ("sh", "cat", "git", "grep"):
        found = shutil.which(name)
        assert found
        (tmp_path / "bin" / name).symlink_to(found)
    place.env["PATH"] = str(tmp_path / "bin")
    assert run(place, put(place)).code == 0
    missing = run(place, put(place, upload=chain.ALWAYS))
    assert missing.code == 3
    assert "git-lfs is not on the PATH" in missing.err


def test_without_pmgit_it_says_so(place: Repo, tmp_path: Path) -> None:
    (tmp_path / "bin/pmgit-hook").unlink()
    stopped = run(place, put(place))
    assert (stopped.code, log(place)) == (3, [])
    assert stopped.err == (
        "pmgit: the pre-push hook is installed, but pmgit is not\n"
        "hint: install pmgit as its README says, then try again\n"
    )


def test_a_commit_has_nothing_to_upload_and_no_input_to_wait_for(place: Repo) -> None:
    file = put(place, "pre-commit")
    assert place.run([str(file)]).code == 0
    assert log(place) == ["pmgit-hook pre-commit"]


@pytest.mark.parametrize(
    "python", ["/usr/bin/python3", "/my tools/py'thon", "C:\\\\py.exe", "/模型"]
)
@pytest.mark.parametrize("flags", list(itertools.product([True, False], repeat=3)))
def test_the_header_is_read_as_it_was_written(flags: tuple[bool, ...], python: str) -> None:
    for stage, framework, upload in itertools.product(STAGES, FRAMEWORKS, UPLOADS):
        header = chain.ChainHeader(stage, python, flags[0], framework, flags[1], upload, flags[2])
        content = chain.text(header)
        assert chain.read(content) == header
        assert (chain.is_chain(content), chain.version(content)) == (True, chain.VERSION)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_the_same_header(shell: str, place: Repo) -> None:
    header = chain.ChainHeader("pre-push", "/my tools/py'thon", False, "prek", True, "always", True)
    lines = chain.text(header).decode().partition("\n\n")[0].splitlines()
    names = [line.partition("=")[0] for line in lines if "=" in line]
    script = "\n".join([*lines, *(f'printf "%s\\n" "${name}"' for name in names)])
    words = [shell, "sh"] if shell == "busybox" else [shell]
    said = place.run([*words, "-c", script]).out.splitlines()
    assert dict(zip(names, said, strict=True)) == {
        "stage": "pre-push", "python": "/my tools/py'thon", "judge": "no", "framework": "prek",
        "only_configured": "yes", "upload": "always", "sourced": "yes",
    }  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [b"", b"#!/bin/sh\necho pmgit hook chain\n", b"#!/bin/sh\n# pmgit: keeps weights out\n"],
)
def test_other_hooks_are_no_chains(content: bytes) -> None:
    assert not chain.is_chain(content)
    assert chain.version(content) == 0
    assert chain.read(content) is None


@pytest.mark.parametrize("name", sorted(file.name for file in EARLIER.iterdir()))
@pytest.mark.parametrize("stage", STAGES)
def test_chains_of_the_first_version_are_read(name: str, stage: str) -> None:
    """Each combination of flags, in each text that it had."""
    frameworks = {"no": "none", "yes": "pre-commit", "prek": "prek"}
    uploads = {"no": "never", "yes": "used", "always": "always"}
    flags = itertools.product(["yes", "no"], frameworks, ["yes", "no"], uploads, ["yes", "no"])
    for judge, framework, configured, upload, sourced in flags:
        values = {
            "stage": stage, "judge": judge, "framework": framework,
            "only_configured": configured, "upload": upload, "sourced": sourced,
        }  # fmt: skip
        content = earlier(name, values)
        header = chain.read(content)
        assert chain.version(content) == 1
        assert header
        assert header.python == "/opt/my tools/python3"
        assert header.stage == stage
        assert header.judge == (judge == "yes")
        assert header.framework == frameworks[framework]
        assert header.only_configured == (configured == "yes")
        if b"\nupload=" in content:
            assert (header.upload, header.sourced) == (uploads[upload], sourced == "yes")
        else:
            # The first of all said nothing of it: those of a push uploaded.
            assert header.upload == ("used" if stage == "pre-push" else "never")


def earlier(name: str, values: dict[str, str]) -> bytes:
    """The chain of an earlier version in `tests/data`, with other flags in its header."""
    head, gap, script = (EARLIER / name).read_text().partition("\n\n")
    lines = [
        f"{key}={values.get(key, value)}" if found else key
        for key, found, value in (line.partition("=") for line in head.splitlines())
    ]
    return ("\n".join(lines) + gap + script).encode()
