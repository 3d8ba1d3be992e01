"""A disk that is full: said before the first byte where that can be known, else nothing is lost."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.file_server import Fault, FileServer
from tests.hub_server import HubServer
from tests.kit import BIN, Repo, Result, weights_bytes, weights_for

MODEL = "pretrained_model/big"
DATA = weights_for("big.pt", 20_000_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


def may_mount() -> bool:
    """Whether a disk can be made here; the user needs no rights of root for it on most machines."""
    argv = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return bool(shutil.which("unshare")) and not subprocess.run(argv, check=False).returncode


needs_a_mount = pytest.mark.skipif(
    not may_mount(), reason="nobody may mount a disk here; the limit below shows the same"
)


@pytest.fixture
def hub(repo: Repo) -> Iterator[HubServer]:
    with HubServer() as server:
        repo.env |= server.environment(str(repo.path.parent / "hf"))
        yield server


def on_small_disk(repo: Repo, disk: Path, script: str) -> Result:
    """Run a script in a clone on a disk of its own, with 16 MB; it ends with the script."""
    disk.mkdir()
    whole = (
        f"mount -t tmpfs -o size=16m none '{disk}' && cd '{disk}' && "
        f"git clone -q '{repo.path}' clone && cd clone && {script}"
    )
    return repo.run(["unshare", "-Urm", "sh", "-c", whole])


@needs_a_mount
def test_too_little_room_is_said_before_the_first_byte(repo: Repo, hub: HubServer) -> None:
    hub.add("org/big", {"model.safetensors": weights_bytes(7_000_000)})
    assert repo.pmgit("gitignore").code == 0
    assert repo.pmgit("add", "org/big", "--yes").code == 0
    repo.git("add", ".")
    repo.commit("A model")
    asked = len(hub.cdn.log)
    shown = on_small_disk(
        repo, repo.path.parent / "disk", "pmgit pull; echo code $?; find . -size +1M"
    )
    assert "code 3" in shown.out, shown
    assert "there is not enough room: 7.0 MB are needed, 1" in shown.err
    assert "MB are free, and 10.0 MB of them stay free\nhint: free some space on" in shown.err
    assert len(hub.cdn.log) == asked
    assert "safetensors" not in shown.out
    adding = "git rm -qr pretrained_model/big && pmgit add org/big --yes; echo code $?"
    shown = on_small_disk(repo, repo.path.parent / "other", adding)
    assert ("code 3" in shown.out, "not enough room" in shown.err) == (True, True), shown
    assert len(hub.cdn.log) == asked


@needs_a_mount
def test_a_disk_that_fills_up_keeps_what_has_arrived(repo: Repo) -> None:
    """Nothing says how large the file is; when there is room again, the download goes on."""
    repo.commit("Begin", "--allow-empty")
    repo.env["HF_HUB_OFFLINE"] = "0"
    disk = repo.path.parent / "disk"
    with FileServer({"/big.pt": DATA}) as web:
        web.takes_head = False
        web.always["/big.pt"] = Fault("chunked")
        add = f"pmgit add {web.url}/big.pt --sha256 {SHA256} --yes"
        shown = on_small_disk(
            repo, disk,
            f"{{ {add}; echo code $?; find pretrained_model; mount -o remount,size=64m '{disk}'"
            f" && {add}; echo code $?; pmgit verify; sha256sum {MODEL}/big.pt; }}",
        )  # fmt: skip
        starts = web.starts("/big.pt")
    first, second = shown.out.split("code ")[1:3]
    assert first.startswith("3\n"), shown
    assert "big.pt could not be written: No space left on device" in shown.err
    assert f"{MODEL}/big.pt\n" not in first
    assert second.startswith("0\n"), shown
    assert f"{SHA256}  {MODEL}/big.pt" in shown.out
    assert starts[-1] > 1_000_000, "it went on where the disk was full"


def test_a_limit_on_files_is_an_error_like_any_other(repo: Repo, hub: HubServer) -> None:
    hub.add("org/big", {"model.safetensors": weights_bytes(3_000_000)})
    shown = repo.sh(f"ulimit -f 2000; '{BIN / 'pmgit'}' add org/big --yes")
    assert shown.code == 3, shown
    assert "model.safetensors could not be written: File too large" in shown.err
    assert "hint: this disk, or a limit (ulimit -f), allows no file of this size" in shown.err
    assert not (repo.path / MODEL / "model.safetensors").exists()
    before = len(hub.cdn.log)
    assert repo.pmgit("add", "org/big", "--yes").code == 0
    assert hub.cdn.log[before].start > 1_000_000
    assert repo.pmgit("verify").code == 0
