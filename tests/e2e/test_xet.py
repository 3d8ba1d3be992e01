"""Large files of Xet repositories come by the real `hf_xet`, or by HTTP where that cannot be."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.file_server import CHUNK, Fault
from tests.hub_server import HubServer
from tests.kit import BIN, Repo, Result, random_bytes, weights_bytes

ID = "org/large"
MODEL = "pretrained_model/large"
DATA = weights_bytes(9_000_000)
FILES = {"model.safetensors": DATA, "small.bin": random_bytes(2000), "config.json": b"{}"}


@pytest.fixture
def hub(repo: Repo) -> Iterator[HubServer]:
    with HubServer() as server:
        repo.env |= server.environment(
            str(repo.path.parent / "hf"),
            HF_HUB_DISABLE_XET="0",
            HF_TOKEN="hf_secret",
            HF_HUB_DOWNLOAD_TIMEOUT="3",
        )
        server.has_xet = True
        server.tokens["hf_secret"] = {ID}
        server.add(ID, FILES)
        yield server


def add(repo: Repo, *, start: bool = True) -> Result:
    shown = repo.pmgit("add", ID, "--yes", start=start)
    assert shown.code == 0, shown
    assert (repo.path / MODEL / "model.safetensors").read_bytes() == DATA
    assert repo.pmgit("verify").code == 0
    return shown


def by_http(hub: HubServer) -> int:
    """The bytes of the large file that came by plain HTTP."""
    return sum(one.sent[0] for one in hub.cdn.log if one.sent[0] > 2000)


def test_a_large_file_comes_by_xet_and_a_small_one_does_not(repo: Repo, hub: HubServer) -> None:
    add(repo)
    assert by_http(hub) == 0
    [asked] = [one for one in hub.xet.log if one.path.startswith("/v1/")]
    assert asked.headers["authorization"] == "Bearer xet-token"
    # The token of the Hub goes to the Hub alone.
    for log in (hub.xet.log, hub.cdn.log):
        assert not any("hf_secret" in one.headers.get("authorization", "") for one in log)
    assert any("hf_secret" in one.headers.get("authorization", "") for one in hub.log)


@pytest.mark.parametrize("why", ["off", "no xet", "no token", "no store", "breaks off", "damaged"])
def test_without_xet_all_comes_by_plain_http(repo: Repo, hub: HubServer, why: str) -> None:
    part = f"/xorbs/{hub_name(hub)}/4"
    if why == "off":
        repo.env["HF_HUB_DISABLE_XET"] = "1"
    elif why == "no xet":
        hub.has_xet = False
    elif why == "no token":
        hub.xet_token = 404
    elif why == "no store":
        hub.xet.close()
    elif why == "breaks off":
        hub.xet.always[part] = Fault("status", 403)
    else:
        hub.xet.faults[part] = [Fault("corrupt", 500_000)]
    add(repo, start=False)
    if why == "damaged":  # hf_xet takes it for right; the sha256 shows it, and it is fetched again
        assert by_http(hub) == 0
        assert len([one for one in hub.xet.log if one.path == part]) == 2
    else:
        # What has arrived by Xet before it broke off is not fetched again.
        assert by_http(hub) == len(DATA) - (4 * 16 * CHUNK if why == "breaks off" else 0)


def hub_name(hub: HubServer) -> str:
    """What Xet calls the large file."""
    [oid] = [oid for oid, content in hub.cdn.objects.items() if content == DATA]
    return oid[::-1]


def test_a_killed_run_goes_on_at_its_last_byte_also_by_xet(repo: Repo, hub: HubServer) -> None:
    hub.xet.faults[f"/xorbs/{hub_name(hub)}/4"] = [Fault("stall", 0)]
    running = subprocess.Popen(
        [str(BIN / "pmgit"), "add", ID, "--yes"], cwd=repo.path, env=repo.env,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    part = repo.path / ".git/pmgit/incoming" / f"{hub_name(hub)[::-1]}.part"
    arrived = 4 * 16 * CHUNK
    until = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size == arrived):
        assert running.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    add(repo, start=False)
    asked = [one for one in hub.xet.log if one.path.startswith("/v1/")]
    assert [one.start for one in asked] == [0, arrived]
    assert by_http(hub) == 0
