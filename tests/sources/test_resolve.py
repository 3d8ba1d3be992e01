"""Which source a text or a lock names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pmgit.core.errors import UsageError
from pmgit.sources.address import Address
from pmgit.sources.huggingface import HuggingFace
from pmgit.sources.modelscope import ModelScope
from pmgit.sources.resolve import of_lock, parse

if TYPE_CHECKING:
    from pathlib import Path

    from pmgit.sources.source import Source

HF = "https://huggingface.co"
SCOPE = "https://modelscope.cn/models"
COMMIT = "a" * 40


def values(one: Source) -> tuple[str, ...]:
    if isinstance(one, Address):
        return (one.type, one.url)
    assert isinstance(one, HuggingFace | ModelScope)
    return (one.type, one.repo_id, one.revision, one.pattern)


@pytest.mark.parametrize(
    ("text", "repo_id", "revision", "pattern"),
    [
        ("google-bert/bert-base-uncased", "google-bert/bert-base-uncased", "", ""),
        ("gpt2", "gpt2", "", ""),
        (f" {HF}/org/m ", "org/m", "", ""),
        ("huggingface.co/org/m/", "org/m", "", ""),
        (f"{HF}/org/m.git", "org/m", "", ""),
        (f"{HF}/org/m?library=x#usage", "org/m", "", ""),
        (f"{HF}/gpt2", "gpt2", "", ""),
        (f"{HF}/gpt2/tree/main", "gpt2", "main", ""),
        (f"{HF}/org/m/tree/v1.0", "org/m", "v1.0", ""),
        (f"{HF}/org/m/tree/main/onnx", "org/m", "main", "onnx/"),
        (f"{HF}/org/m/tree/main/a/b%5B1%5D/", "org/m", "main", "a/b[[]1]/"),
        (f"{HF}/org/m/tree/refs%2Fpr%2F1", "org/m", "refs/pr/1", ""),
        (f"{HF}/org/m/tree/refs/pr/1/onnx", "org/m", "refs/pr/1", "onnx/"),
        (f"{HF}/org/m/commit/{COMMIT}", "org/m", COMMIT, ""),
        (f"{HF}/org/m/commits/main/onnx", "org/m", "main", ""),
        (f"{HF}/org/m/blame/main/x.json", "org/m", "main", "x.json"),
        (f"{HF}/org/m/blob/main/a/b%20c.bin", "org/m", "main", "a/b c.bin"),
        (f"{HF}/org/m/resolve/v1/x.bin?download=true", "org/m", "v1", "x.bin"),
        ("https://www.hf-mirror.com/org/m", "org/m", "", ""),
        ("http://hf.co/org/m", "org/m", "", ""),
        (f"{HF}/org/m/discussions/1", "org/m", "", ""),
        (f"{HF}/gpt2/discussions/1", "gpt2", "", ""),
    ],
)
def test_of_the_hub(text: str, repo_id: str, revision: str, pattern: str) -> None:
    assert values(parse(text)) == ("huggingface", repo_id, revision, pattern)


@pytest.mark.parametrize(
    ("text", "revision", "pattern"),
    [
        ("modelscope:org/m", "", ""),
        (f"{SCOPE}/org/m", "", ""),
        (f"{SCOPE}/org/m/summary", "", ""),
        ("www.modelscope.cn/models/org/m/files", "", ""),
        (f"{SCOPE}/org/m/tree/v1", "v1", ""),
        (f"{SCOPE}/org/m/tree/v1/onnx", "v1", "onnx/"),
        (f"{SCOPE}/org/m/file/view/master/a%2Fb.json?status=1", "master", "a/b.json"),
        (f"{SCOPE}/org/m/resolve/master/x.bin", "master", "x.bin"),
    ],
)
def test_of_modelscope(text: str, revision: str, pattern: str) -> None:
    assert values(parse(text)) == ("modelscope", "org/m", revision, pattern)


def test_of_an_address() -> None:
    url = "https://download.pytorch.org/models/resnet50-11ad3fa6.pth"
    one = parse(url)
    assert values(one) == ("url", url)
    assert (one.name, one.page.rpartition("/")[2]) == ("resnet50", "resnet50-11ad3fa6.pth")
    sha256 = "11ad3fa6" + "0" * 56
    given = parse(url, sha256.upper())
    assert isinstance(given, Address)
    assert given.sha256 == sha256


def test_pages_of_the_endpoints_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1234/")
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", "scope.example")
    assert values(parse("http://127.0.0.1:1234/org/m")) == ("huggingface", "org/m", "", "")
    assert values(parse("https://scope.example/models/org/m"))[0] == "modelscope"
    assert values(parse("http://127.0.0.1:5678/m.pth"))[0] == "url"


@pytest.mark.parametrize(
    "text",
    [
        "", "a/b/c", "../x", "/etc/passwd", "org/", "org/a b", "-x", "ftp://host/x", "s3://b/x",
        "git@github.com:o/r.git", f"{HF}/datasets/org/m", f"{HF}/spaces/o/m", HF, f"{HF}/api/x",
        "modelscope:", "modelscope:a/b/c", "https://modelscope.cn/datasets/o/m",
        "torchvision:Nothing", "https://me:pw@host/x.pth", "https://[", "org/m\x1b[2J",
    ],
)  # fmt: skip
def test_no_source(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "sha256"),
    [
        ("org/m", "0" * 64),
        ("https://host/x.pth", "0" * 63),
        ("https://host/x-11ad3fa6.pth", "0" * 64),
    ],
)
def test_no_hash(text: str, sha256: str) -> None:
    with pytest.raises(UsageError):
        parse(text, sha256)


def test_of_a_lock() -> None:
    hub = {"type": "huggingface", "repo_id": "org/m", "requested": "v1", "revision": COMMIT}
    assert values(of_lock(hub)) == ("huggingface", "org/m", "v1", "")
    scope = {"type": "modelscope", "repo_id": "org/m", "revision": COMMIT}
    assert values(of_lock(scope)) == ("modelscope", "org/m", "", "")
    url = {"type": "url", "url": "https://host/x.pth"}
    assert values(of_lock(url)) == ("url", "https://host/x.pth")


@pytest.mark.parametrize(
    "source",
    [
        {}, {"type": "local"}, {"type": "huggingface"}, {"type": "huggingface", "repo_id": 5},
        {"type": "huggingface", "repo_id": "../x"}, {"type": "modelscope", "repo_id": "a/b/c"},
        {"type": "url"}, {"type": "url", "url": "file:///etc/passwd"},
        {"type": "url", "url": "https://a:b@host/x"}, {"type": "url", "url": "https://host/.."},
    ],
)  # fmt: skip
def test_of_a_lock_that_names_none(source: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        of_lock(source)


# --- torchvision, by the shape of its own modules

RESNET = """
from .._api import Weights, WeightsEnum

class ResNet50_Weights(WeightsEnum):
    IMAGENET1K_V1 = Weights(
        url="https://download.pytorch.org/models/resnet50-0676ba61.pth",
        transforms=partial(ImageClassification, crop_size=224),
        meta={**_COMMON_META, "num_params": 25557032},
    )
    IMAGENET1K_V2 = Weights(
        url="https://download.pytorch.org/models/resnet50-11ad3fa6.pth", meta={},
    )
    DEFAULT = IMAGENET1K_V2

class Odd_Weights(WeightsEnum):
    V1 = Weights(url=make_url())

raise RuntimeError("this must not be run")
"""


@pytest.fixture
def torchvision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "site/torchvision/models"
    (models / "detection").mkdir(parents=True)
    (models / "resnet.py").write_text(RESNET)
    (models / "broken.py").write_text("class WeightsEnum(")
    (models / "detection/x.py").write_text(
        "class X_Weights(WeightsEnum):\n    V1 = Weights(url='https://host/x-0123abcd.pth')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("ResNet50_Weights.IMAGENET1K_V1", "resnet50-0676ba61.pth"),
        ("ResNet50_Weights.IMAGENET1K_V2", "resnet50-11ad3fa6.pth"),
        ("ResNet50_Weights.DEFAULT", "resnet50-11ad3fa6.pth"),
        ("X_Weights.V1", "x-0123abcd.pth"),
    ],
)
@pytest.mark.usefixtures("torchvision")
def test_weights_of_torchvision(name: str, url: str) -> None:
    one = parse(f"torchvision:{name}")
    assert isinstance(one, Address)
    assert one.only == url
    assert one.requested == f"torchvision:{name}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ResNet50_Weight.DEFAULT", "unknown weights"),
        ("ResNet50_Weights.IMAGENET1K_V3", "unknown version"),
        ("ResNet50_Weights", "unknown version"),
        ("Odd_Weights.V1", "no address"),
    ],
)
@pytest.mark.usefixtures("torchvision")
def test_unknown_weights_of_torchvision(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse(f"torchvision:{name}")


def test_torchvision_is_not_installed() -> None:
    with pytest.raises(UsageError, match="not installed"):
        parse("torchvision:ResNet50_Weights.DEFAULT")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("./nope", "there is no file or folder './nope'"),
        ("../models/bert", "there is no file or folder"),
        ("~/models/bert", "there is no file or folder"),
        ("C:\\models\\bert", "there is no file or folder"),
        ("org/name@main", "pmgit add ORG/NAME --revision R"),
        ("org/name:v1", "pmgit add ORG/NAME --revision R"),
        ("git@hf.co:org/name", "is no source of a model"),
        ("s3://bucket/m.pth", "no kind of address"),
    ],
)
def test_what_was_meant_is_said(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert words in f"{caught.value.message}\n{caught.value.hint}"
