"""`pmgit scan`: verdicts, exit codes and formats, with hostile names and files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.anybody import as_anybody
from tests.formats.all_samples import samples
from tests.formats.assemble import CALL, pickled, torch_zip
from tests.kit import Repo, pointer
from tests.test_house import loaded
from tests.weights import sha256

if TYPE_CHECKING:
    from tests.weights import Weights


@pytest.fixture
def folder(repo: Repo, tmp_path: Path) -> Path:
    """A folder that is in no repository."""
    found = tmp_path / "downloads"
    found.mkdir()
    return found


def test_genuine_weights_are_ok(repo: Repo, weights: Weights, folder: Path) -> None:
    for file in weights.folder.iterdir():
        if file.is_file():
            (folder / file.name).symlink_to(file)
    done = repo.pmgit("scan", ".", cwd=folder)
    assert (done.code, done.out, done.err) == (0, f"{len(list(folder.iterdir()))} files: ok\n", "")


def test_exit_codes(repo: Repo, folder: Path) -> None:
    cases = {
        "ok.pt": (torch_zip(), 0), "warn.pkl": (pickled(b"cpackage\nModel\n"), 0),
        "unsafe.pt": (torch_zip(pickled(CALL)), 1), "broken.safetensors": (b"", 1),
        "pointer.bin": (pointer(bytes(5000)), 1), "unknown.bin": (b"\x01\xfe" * 99, 1),
    }  # fmt: skip
    for name, (content, code) in cases.items():
        (folder / name).write_bytes(content)
        done = repo.pmgit("scan", name, cwd=folder)
        assert done.code == code, done
        verdict = name.partition(".")[0]
        assert done.out.endswith(f"1 file: {'' if verdict == 'ok' else '1 '}{verdict}\n"), done
    done = repo.pmgit("scan", "none.pt", cwd=folder)
    assert done.code == 3
    assert "none.pt: unknown: it could not be read: No such file" in done.out
    assert repo.pmgit("scan", "none.pt", "ok.pt", cwd=folder).code == 3
    assert repo.pmgit("scan", "none.pt", "unsafe.pt", cwd=folder).code == 1
    assert repo.pmgit("scan", cwd=folder).code == 2


def test_what_is_printed(repo: Repo, folder: Path) -> None:
    (folder / "model.pt").write_bytes(torch_zip(pickled(CALL)))
    (folder / "w.bin").write_bytes(pointer(bytes(5000)))
    done = repo.pmgit("scan", ".", cwd=folder)
    why = "loads something of Python that weights do not need"
    stands = "a Git LFS pointer: the 5.0 kB that it stands for are not here"
    # Where it is no folder of a repository, nothing can be said of which files are meant.
    inside = folder.is_relative_to(repo.path)
    only = f" --include=/{(folder / 'w.bin').relative_to(repo.path)}" if inside else ""
    assert done.out.splitlines() == [
        f"./model.pt: unsafe: {why}: os.system (byte 2 of archive/data.pkl)",
        f"./w.bin: pointer: {stands}: sha256:{sha256(bytes(5000))}",
        f"hint: git lfs install --local --skip-repo && git lfs pull{only}",
        "hint: do not load it; ask its authors for safetensors",
        "2 files: 1 pointer, 1 unsafe",
    ]
    quiet = repo.pmgit("--quiet", "scan", ".", cwd=folder)
    assert quiet.out.splitlines() == done.out.splitlines()[:2]


def test_every_sample_from_the_disk(repo: Repo, folder: Path) -> None:
    """Names and verdicts as programs read them: one object for each file.

    Without most of those that take long to judge: tests of formats judge them.
    """
    wanted = {}
    for name, (verdict, data) in samples().items():
        if len(data) < 60_000 and "bomb" not in name:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            wanted[str(file)] = verdict
    # Beside its model a file of numbers has to exist, and the shards of an index; there are none.
    for name in (
        "outside.onnx", "outside-weight.onnx", "variables.index", "model.safetensors.index.json",
        "a.mlpackage/Manifest.json", "packed/variables.index",
    ):  # fmt: skip
        del wanted[str(folder / name)]
        (folder / name).unlink()
    done = repo.pmgit("scan", "--format", "json", str(folder))
    assert done.code == 1
    assert {one["path"]: one["verdict"] for one in done.json} == wanted
    assert all(set(one) == {"path", "verdict", "kind", "findings"} for one in done.json)


def test_hostile_names(repo: Repo, folder: Path) -> None:
    names = [
        b"w\x1b]0;pwned\x07\x1b[2J.pt", b"\xc2\x9b31m.pt", "\u202e.pt".encode(),
        b"a\n::error file=x::y",
        b"-rf", b"--help", b"$(touch PWNED).pt", b"w\xff.pt", b";touch PWNED;.pt", b"[a].pt",
        b"x" * 240 + b".pt", b"##[group]x.pt", b"%0a.pt",
    ]  # fmt: skip
    os.mkdir(folder / "in")
    for name in names:
        with open(os.path.join(os.fsencode(folder), b"in", name), "wb") as file:
            file.write(pickled(CALL))
    for env in ({}, {"LC_ALL": "C", "GITHUB_ACTIONS": "true"}):
        done = repo.pmgit("scan", "in", cwd=folder, env=env, start=bool(env))
        assert done.code == 1
        assert done.out.count(": unsafe: ") == len(names)
        assert done.err == ""
        assert all(line.isprintable() for line in done.out.splitlines())
        assert not any(
            line.startswith(("::", "##")) or "##[" in line for line in done.out.splitlines()
        )
        given = repo.pmgit(
            "scan", "--", *(os.fsdecode(n) for n in names), cwd=folder / "in", env=env
        )
        assert given.out.count(": unsafe: ") == len(names), given
    for form in ("json", "sarif"):
        done = repo.pmgit("scan", "--format", form, "in", cwd=folder)
        assert done.json
        assert done.out.isascii()
    assert not list(folder.rglob("PWNED"))


def test_special_files_are_never_clean_and_nothing_waits(repo: Repo, folder: Path) -> None:
    os.mkfifo(folder / "pipe.pt")
    (folder / "zero.pt").symlink_to("/dev/zero")
    (folder / "loop.pt").symlink_to("loop.pt")
    done = repo.pmgit("scan", "--format", "json", ".", "/dev/null", cwd=folder)
    assert done.code == 3
    assert [(one["path"], one["verdict"], one["kind"]) for one in done.json] == [
        (path, "unknown", "unreadable")
        for path in ("./loop.pt", "./pipe.pt", "./zero.pt", "/dev/null")
    ]


def test_a_file_that_may_not_be_read(repo: Repo, folder: Path) -> None:
    (folder / "secret.pt").write_bytes(torch_zip())
    (folder / "secret.pt").chmod(0)
    words = as_anybody("pmgit", "scan", "secret.pt")
    done = repo.run(words, cwd=folder)
    assert done.code == 3
    assert "Permission denied" in done.out


def test_modules_beside_the_files_are_not_imported(repo: Repo, folder: Path) -> None:
    for name in (
        "pickle",
        "json",
        "zlib",
        "torch/__init__",
        "numpy/__init__",
        "sitecustomize",
        "re",
    ):
        file = folder / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text("open('PWNED', 'w')\n")
    (folder / "model.pt").write_bytes(torch_zip(pickled(b"ctorch\nFloatStorage\n")))
    assert repo.pmgit("scan", "model.pt", cwd=folder, start=True).code == 0
    assert not (folder / "PWNED").exists()


def test_no_library_of_models_is_imported(repo: Repo, folder: Path) -> None:
    (folder / "model.pt").write_bytes(torch_zip())
    code = f"import sys; sys.argv = ['pmgit', 'scan', {str(folder)!r}]\n"
    code += "from pmgit.scan.scanned import scan; list(scan(sys.argv[2:]))"
    names = {name.split(".")[0] for name in loaded(repo, code)}
    assert names & {"torch", "numpy", "safetensors", "pickle", "git", "huggingface_hub"} == set()
