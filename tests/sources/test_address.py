"""A file behind an address: its size, the hash in its name, and addresses that are none."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import UsageError
from pmgit.sources import address, resolve
from pmgit.sources.address import Address
from pmgit.sources.errors import DamagedError, SourceError
from pmgit.sources.fetch import fetch
from pmgit.sources.listing import RemoteFile
from tests.file_server import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.file_server import FileServer

CONTENT = b"weights" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAMED = f"resnet50-{SHA256[:8]}.pth"


@pytest.mark.parametrize("takes_head", [True, False])
def test_size_and_hash(takes_head: bool, web: FileServer, part: Path) -> None:
    web.takes_head = takes_head
    web.files = {f"/{NAMED}": CONTENT}
    source = Address(f"{web.url}/{NAMED}")
    found = source.look()
    assert found.source == {"type": "url", "url": source.url}
    etag = f'"{hashlib.md5(CONTENT).hexdigest()}"'
    assert found.files == (RemoteFile(NAMED, len(CONTENT), prefix=SHA256[:8], etag=etag),)
    assert (found.revision, found.notes, source.name) == ("", (), "resnet50")
    assert fetch(source, "", found.files[0], str(part)) == (len(CONTENT), SHA256)


def test_a_name_that_lies(web: FileServer, part: Path) -> None:
    web.files = {"/m-0123456789.pth": CONTENT}
    source = Address(f"{web.url}/m-0123456789.pth")
    with pytest.raises(DamagedError, match="begin with 0123456789"):
        fetch(source, "", source.look().files[0], str(part))
    assert not part.exists()


def test_a_given_hash_and_a_first_use(web: FileServer) -> None:
    web.files = {"/m.pth": CONTENT}
    url = f"{web.url}/m.pth"
    assert Address(url, SHA256).look().files[0].sha256 == SHA256
    assert "first use" in Address(url).look().notes[0]
    named = Address(url, SHA256, "torchvision:M.DEFAULT").look()
    assert named.source["requested"] == "torchvision:M.DEFAULT"
    assert named.notes == ()


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("resnet50-11ad3fa6.pth", "11ad3fa6"),
        (f"m-{'a' * 64}.pt", "a" * 64),
        ("m-11ad3fa.pth", ""),
        ("m-11ad3fa6.bin", ""),
        ("m-20240131.pth", ""),
        ("m-20249931.pth", "20249931"),
        ("m-11AD3FA6.pth", ""),
        ("m-11ad3fa6.pth.tar", ""),
        ("vit_h_14_swag-80465313.pth", "80465313"),
    ],
)
def test_hashes_in_names(name: str, prefix: str) -> None:
    assert address.hash_of_name(name) == prefix


def test_digits_that_may_be_no_hash_have_a_way_out(web: FileServer) -> None:
    web.files = {"/step-10000000.pt": CONTENT}
    url = f"{web.url}/step-10000000.pt"
    assert any("--sha256 HASH" in note for note in Address(url).look().notes)
    assert resolve.parse(url, hashlib.sha256(CONTENT).hexdigest()).look().notes == ()


def test_only_the_hash_and_the_ending_are_no_part_of_the_name() -> None:
    for name, expected in {
        "mnasnet0.5_top1_67.823-3ffadce67e.pth": "mnasnet0.5_top1_67.823",
        "resnet50-11ad3fa6.pth": "resnet50", "v1.5.safetensors": "v1.5", "plain": "plain",
    }.items():  # fmt: skip
        assert Address(f"https://host/{name}").name == expected


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("status", 404), "has no file at"),
        (Fault("status", 403), "to everybody"),
        (Fault("status", 400), "answers with status 400"),
        (Fault("page"), "gives a page for people"),
        (Fault("status", 503), "does not answer as it should"),
    ],
)
def test_no_file_there(fault: Fault, message: str, web: FileServer) -> None:
    web.files = {"/m.pth": CONTENT}
    web.always["/m.pth"] = fault
    with pytest.raises(SourceError) as caught:
        Address(f"{web.url}/m.pth").look(sleep=lambda _: None)
    assert message in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("target", ["ftp://x/y", "file:///etc/passwd", "http://[", "//"])
def test_redirects_to_nowhere(target: str, web: FileServer) -> None:
    web.redirects = {"/m.pth": target, "/round.pth": "/round.pth"}
    for path in ("m.pth", "round.pth"):
        with pytest.raises(SourceError) as caught:
            Address(f"{web.url}/{path}").look(sleep=lambda _: None)
        assert "does not answer as it should" in caught.value.message


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://", "no address"),
        ("https://host:port/x.pth", "no address"),
        ("https://host/a b.pth", "no address"),
        ("https://host/x.pth\x1b[2J", "no address"),
        ("https://host", "names no file"),
        ("https://host/", "names no file"),
        ("https://host/x/..", "names no file"),
        ("https://host/..%2fx.pth", "names no file"),
        ("https://host/INFO.md", "names no file"),
        ("https://me:pw@host/x.pth", "user or password"),
        ("https://host/x.pth?X-Amz-Signature=1", "signature or a key"),
        ("https://host/x.pth?a=1&token=2", "signature or a key"),
        ("https://host/x.pth?sig=", "signature or a key"),
    ],
)
def test_addresses_that_cannot_be_locked(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        address.check(url)
    assert "pw" not in caught.value.message


def test_an_address_has_no_revisions(web: FileServer) -> None:
    with pytest.raises(UsageError, match="no revisions"):
        Address(f"{web.url}/x.pth").look("main")
