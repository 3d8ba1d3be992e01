"""The Hub, asked by the real huggingface_hub: what it has, and every way in which it says no."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.sources.errors import SourceError
from pmgit.sources.fetch import fetch
from pmgit.sources.huggingface import HuggingFace
from pmgit.sources.listing import RemoteFile
from tests.file_server import FileServer
from tests.hub_server import HubServer, blob_id
from tests.kit import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from pmgit.sources.listing import Listing

WEIGHTS = b"\0" * 5000
FILES = {
    ".gitattributes": b"*.bin filter=lfs\n",
    "README.md": b"# M\n",
    "config.json": b"{}",
    "model.safetensors": WEIGHTS,
    "onnx/model.onnx": b"\1" * 300,
}
TOKEN = "hf_" + "s3cr3tS3CR3T" * 3


def look(source: HuggingFace | str, revision: str = "") -> tuple[Listing, list[float]]:
    pauses: list[float] = []
    found = HuggingFace(source) if isinstance(source, str) else source
    return found.look(revision, sleep=pauses.append), pauses


def refused(source: str, revision: str = "") -> SourceError:
    with pytest.raises(SourceError) as caught:
        look(source, revision)
    assert TOKEN not in caught.value.message + caught.value.hint
    return caught.value


def test_a_model_is_listed_at_its_commit(hub: HubServer) -> None:
    commit = hub.add(
        "org/m", FILES, card={"license": "apache-2.0"},
        safetensors={"parameters": {"F32": 10, "I64": 2}, "total": 12},
    )  # fmt: skip
    found, pauses = look("org/m")
    assert found.source == {
        "type": "huggingface", "repo_id": "org/m", "requested": "main", "revision": commit,
    }  # fmt: skip
    assert found.revision == commit
    config, readme = blob_id(b"{}"), blob_id(b"# M\n")
    assert found.files[:2] == (
        RemoteFile("README.md", 4, "", readme),
        RemoteFile("config.json", 2, "", config),
    )
    assert [file.path for file in found.files[2:]] == ["model.safetensors", "onnx/model.onnx"]
    assert found.files[2].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert found.size == 4 + 2 + 5000 + 300
    assert found.license == "apache-2.0"
    assert found.parameters == {"F32": 10, "I64": 2}
    assert (found.gated, found.private) == (False, False)
    assert found.page == "https://huggingface.co/org/m"
    assert found.notes == ()
    assert pauses == []


def test_revisions(hub: HubServer) -> None:
    first = hub.add("org/m", {"config.json": b"1"})
    second = hub.add("org/m", {"config.json": b"2"})
    other = hub.add("org/m", {"config.json": b"3"}, branch="refs/pr/1")
    assert look("org/m")[0].revision == second
    assert look("org/m", first)[0].revision == first
    assert look("org/m", "refs/pr/1")[0].source["requested"] == "refs/pr/1"
    assert look(HuggingFace("org/m", "refs/pr/1"))[0].revision == other
    error = refused("org/m", "v9")
    assert "has no branch, tag or commit" in error.message
    assert "'v9'" in error.message


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({}, ("", "", "")),
        ({"license": ["mit", "apache-2.0", "mit"]}, ("mit, apache-2.0", "", "")),
        (
            {"license": "other", "license_name": "gemma", "license_link": "https://x"},
            ("other", "gemma", "https://x"),
        ),
        ({"license": 5, "license_name": ["a"]}, ("", "", "")),
    ],
)
def test_licenses(card: dict[str, Any], expected: tuple[str, str, str], hub: HubServer) -> None:
    hub.add("org/m", FILES, card=card)
    if card.get("license") == 5:
        hub.models["org/m"].card = {"license_name": ["a"]}
    found = look("org/m")[0]
    assert (found.license, found.license_name, found.license_link) == expected


@pytest.mark.parametrize(
    ("faults", "pauses"),
    [
        ([(429, {"Retry-After": "5"}), (500, {}), (503, {})], [5.0]),
        ([(500, {})] * 5, []),
    ],
)
def test_what_passes_is_asked_again(
    faults: list[tuple[int, dict[str, str]]], pauses: list[float], hub: HubServer
) -> None:
    hub.add("org/m", FILES)
    hub.api_faults = list(faults)
    found, waited = look("org/m")
    assert found.files
    assert len(waited) == len(faults)
    assert waited[: len(pauses)] == pauses


def test_a_hub_that_stays_down_is_given_up(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("org/m", FILES)
    hub.api_faults = [(500, {})] * 99
    error = refused("org/m")
    assert "does not answer as it should" in error.message
    assert "HF_ENDPOINT" in error.hint
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "no connection" in refused("org/m").message


def test_a_page_in_the_hub_s_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that wants a login, or an address that is no Hub."""
    with FileServer({"/api/models/org/m": b"<html>"}) as web:
        monkeypatch.setenv("HF_ENDPOINT", web.url)
        assert "does not answer as it should" in refused("org/m").message
    for endpoint in ("nonsense", "ftp://127.0.0.1:1"):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        assert "does not answer as it should" in refused("org/m").message


def test_a_moved_model(hub: HubServer) -> None:
    commit = hub.add("new/m", FILES)
    hub.moved["old/m"] = "new/m"
    found = look("old/m")[0]
    assert found.source["repo_id"] == "new/m"
    assert found.revision == commit
    assert found.notes == ("old/m is called new/m now",)


def test_a_moved_model_is_fetched_by_its_old_name(hub: HubServer, part: Path) -> None:
    commit = hub.add("new/m", FILES)
    hub.moved["old/m"] = "new/m"
    file = RemoteFile("config.json", 2, "", blob_id(b"{}"))
    assert fetch(HuggingFace("old/m"), commit, file, str(part))[0] == 2


def test_no_such_model(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("org/private", FILES, private=True)
    for name in ("org/none", "org/private"):
        error = refused(name)
        assert f"has no model {name}" in error.message
        assert f"https://huggingface.co/{name}" in error.hint
        assert "hf auth login" in error.hint
    hub.tokens[TOKEN] = {"org/private"}
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert "has no model org/none" in refused("org/none").message
    found = look("org/private")[0]
    assert found.private
    assert "private" in found.notes[0]
    assert "the token of this machine goes to 127.0.0.1" in found.notes[1]


def test_a_wrong_token_is_called_that(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("org/m", FILES)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    error = refused("org/m")
    assert "does not take the token of this machine" in error.message
    assert "unset HF_TOKEN" in error.hint


def test_a_token_that_cannot_be_sent(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("org/m", FILES)
    monkeypatch.setenv("HF_TOKEN", "hf_é" + TOKEN)
    assert "does not answer as it should" in refused("org/m").message


@pytest.mark.parametrize("has_token", [False, True])
def test_gated(
    has_token: bool, hub: HubServer, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.add("org/m", FILES, gated="manual")
    hub.tokens[TOKEN] = set()
    if has_token:
        monkeypatch.setenv("HF_TOKEN", TOKEN)
    found = look("org/m")[0]
    assert found.gated
    assert "https://huggingface.co/org/m" in found.notes[0]
    with pytest.raises(SourceError) as caught:
        fetch(HuggingFace("org/m"), commit, found.files[0], str(part))
    assert "is gated: its owner decides" in caught.value.message
    assert "https://huggingface.co/org/m" in caught.value.hint
    assert ("hf auth login" in caught.value.hint) is not has_token
    hub.tokens[TOKEN] = {"org/m"}
    if has_token:
        assert fetch(HuggingFace("org/m"), commit, found.files[0], str(part))[0] == 4


def test_an_absent_file(hub: HubServer, part: Path) -> None:
    commit = hub.add("org/m", FILES)
    for revision, fault in ((commit, "has no file"), ("0" * 40, "has no branch, tag or commit")):
        with pytest.raises(SourceError) as caught:
            fetch(HuggingFace("org/m"), revision, RemoteFile("no.bin", 5), str(part))
        assert fault in caught.value.message


def test_odd_names_are_fetched(hub: HubServer, part: Path) -> None:
    files = {"a b/é?#%41&x=1.json": b"odd", "+.bin": b"lfs"}
    commit = hub.add("org/m", files)
    for file in look("org/m")[0].files:
        got = fetch(HuggingFace("org/m"), commit, file, str(part))
        assert got == (3, hashlib.sha256(files[file.path]).hexdigest())
        part.unlink()


def row(path: Any, **more: Any) -> dict[str, Any]:
    return {"rfilename": path, "size": 1, "blobId": "0" * 40, "lfs": None, **more}


HOSTILE = [
    "../x", "/etc/passwd", "a/../../x", "..", "C:/x", "a\\..\\x", "INFO.md", "info.MD",
    "pmgit.lock", "a/\x1b[2Jx", "x\ny", "con.json", "a/.git/config", "CONFIG.json",
    "config.json/x", "ONNX", "end. ", "",
    "onnx/INFO.md", "onnx/pmgit.lock", "a/b/Info.md", "x" * 256,
]  # fmt: skip


def test_hostile_names_are_left_out_with_a_note(hub: HubServer) -> None:
    hub.add("org/m", FILES)
    clean = look("org/m")[0].files
    hub.extra = [row(name) for name in HOSTILE]
    found = look("org/m")[0]
    names = {file.path for file in found.files}
    # Of two names that are one on many systems, the first in order stays.
    assert names == {file.path for file in clean} - {"config.json", "onnx/model.onnx"} | {
        "CONFIG.json",
        "ONNX",
    }
    assert len(found.notes) == len(HOSTILE)
    assert all(note.isprintable() for note in found.notes)


@pytest.mark.parametrize(
    "odd",
    [
        {"size": -1}, {"size": "5"}, {"size": True}, {"size": 1 << 70}, {"blobId": "xyz"},
        {"blobId": 5}, {"lfs": {"size": 1, "sha256": "../x", "pointerSize": 1}},
    ],
)  # fmt: skip
def test_odd_rows_count_as_unknown(odd: dict[str, Any], hub: HubServer) -> None:
    hub.add("org/m", {})
    hub.extra = [row("x.bin", **odd)]
    (file,) = look("org/m")[0].files
    assert file.size in (1, -1)
    assert file.sha256 == ""
    assert file.blob in ("", "0" * 40)


def test_a_listing_that_is_none(hub: HubServer) -> None:
    hub.add("org/m", {})
    for extra in ({}, {"rfilename": "x", "lfs": {"size": 1}}, {"rfilename": "x", "lfs": "y"}):
        hub.extra = [extra]
        assert "does not answer as it should" in refused("org/m").message
    hub.extra = [row(5), row(None), row(["x"])]
    assert look("org/m")[0].files == ()
    hub.models["org/m"].branches["main"] = "short"
    hub.models["org/m"].commits["short"] = {}
    hub.extra = []
    assert "does not answer as it should" in refused("org/m").message


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline(name: str, hub: HubServer, part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = hub.add("org/m", FILES)
    monkeypatch.setenv(name, "1")
    assert "HF_HUB_OFFLINE is set" in refused("org/m").message
    with pytest.raises(SourceError, match="HF_HUB_OFFLINE"):
        fetch(HuggingFace("org/m"), commit, RemoteFile("config.json", 2), str(part))
    assert hub.log == []


# --- the real client, with an environment of its own

_PROGRAM = """
import json, sys
from pmgit.core.errors import PmgitError
from pmgit.sources.fetch import fetch
from pmgit.sources.resolve import of_lock, parse
try:
    source = parse(sys.argv[1])
    found = source.look()
    for number, file in enumerate(found.files):
        fetch(of_lock(found.source), found.revision, file, f"{sys.argv[2]}/{number}")
    print(json.dumps([file.path for file in found.files]))
except PmgitError as error:
    print(error.message, error.hint)
    sys.exit(error.exit_code)
"""


def run(name: str, folder: Path, env: dict[str, str], **more: str) -> tuple[int, str]:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, name, str(folder)],
        env=env | more, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_token_goes_to_its_host_alone(
    hub: HubServer, tmp_path: Path, env: dict[str, str]
) -> None:
    """Whether it is of a variable or of the file that `hf auth login` writes."""
    hub.add("org/m", FILES, private=True)
    hub.tokens[TOKEN] = {"org/m"}
    env = env | hub.environment(str(tmp_path / "hf"))
    code, out = run("org/m", tmp_path / "one", env, HF_TOKEN=TOKEN)
    assert (code, len(json.loads(out))) == (0, 4)
    (tmp_path / "hf").mkdir(exist_ok=True)
    (tmp_path / "hf/token").write_text(f"{TOKEN}\n")
    assert run(f"{hub.url}/org/m/tree/main", tmp_path / "two", env)[0] == 0
    asked = [one for one in hub.log if "/api/agent" not in one.path]
    assert all(one.headers["authorization"] == f"Bearer {TOKEN}" for one in asked)
    assert len(hub.cdn.log) == 4
    assert not any("authorization" in one.headers for one in hub.cdn.log)
    assert not any(TOKEN in str(one) for one in hub.cdn.log)
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "token"]
    assert not any(TOKEN.encode() in file.read_bytes() for file in kept)


def test_a_token_is_not_sent_to_other_sources(
    hub: HubServer, tmp_path: Path, env: dict[str, str]
) -> None:
    env = env | hub.environment(str(tmp_path / "hf"), HF_TOKEN=TOKEN)
    with FileServer({"/m.pth": WEIGHTS}) as web:
        web.redirects["/moved.pth"] = f"{web.url}/m.pth"
        assert run(f"{web.url}/moved.pth", tmp_path / "out", env)[0] == 0
        assert web.log
        assert not any(TOKEN in str(one) for one in web.log)


def test_refusals_in_a_process_of_their_own(
    hub: HubServer, tmp_path: Path, env: dict[str, str]
) -> None:
    hub.add("org/m", FILES)
    env = env | hub.environment(str(tmp_path / "hf"))
    code, out = run("org/m", tmp_path / "out", env, HF_TOKEN=TOKEN)
    assert code == 3
    assert "does not take the token" in out
    code, out = run("org/m", tmp_path / "out", env, HF_HUB_OFFLINE="1")
    assert code == 3
    assert "HF_HUB_OFFLINE is set" in out
    code, out = run("org/m", tmp_path / "out", env, HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="")
    assert code == 3
    assert "does not answer" in out
    assert not os.listdir(tmp_path / "out")


def test_the_local_hub_is_one_for_the_real_client(
    hub: HubServer, tmp_path: Path, env: dict[str, str]
) -> None:
    """What these tests stand on: `hf download` takes from it, and verifies, what pmgit does."""
    hub.add("org/m", FILES)
    env = env | hub.environment(str(tmp_path / "hf"))
    out = str(tmp_path / "out")
    for command in (["download", "org/m"], ["cache", "verify", "org/m"]):
        done = subprocess.run(
            [str(BIN / "hf"), *command, "--local-dir", out],
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done
    assert (tmp_path / "out/model.safetensors").read_bytes() == WEIGHTS
