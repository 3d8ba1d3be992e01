"""The transcripts of the pages about storage, clones and the end: what they say is what happens."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.set_ups import set_up
from tests.kit import Repo

if TYPE_CHECKING:
    from tests.weights import Weights

pytestmark = pytest.mark.usefixtures("quick_hooks")

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = ("storage", "joining", "switching-storage", "updating-a-model", "uninstalling")
SILERO = "pretrained_model/silero-vad"
WEIGHTS = f"{SILERO}/silero_vad_16k.safetensors"


def replay(repo: Repo, page: str, name: str) -> None:
    """Run the commands of a block, and compare what they print."""
    text = (DOCS / f"{page}.md").read_text("utf-8")
    block = text.split(f"<!-- {name}: begin -->\n```console\n")[1].split("```\n<!--")[0]
    for part in block.removeprefix("$ ").split("\n$ "):
        command, _, printed = part.partition("\n")
        done = repo.sh(f"{command} 2>&1")
        # Git LFS shows how far it is, when it takes a while.
        lines = [line for line in done.out.splitlines() if not line.startswith("Uploading LFS")]
        assert lines == printed.splitlines(), (command, done.out)


@pytest.fixture
def models(repo: Repo, weights: Weights) -> Repo:
    """A repository with one described model on disk, pushed without it."""
    repo.push_first(SILERO)
    repo.write(WEIGHTS, weights.safetensors)
    repo.write(f"{SILERO}/config.json", '{"model_type": "silero-vad"}\n')
    return repo


def begin(repo: Repo, *args: str, is_pushed: bool = True) -> None:
    """What a page begins with: pmgit set up, which tests of `pmgit init` are about."""
    set_up(repo, "--hooks", "native", *args)
    repo.git("add", "-A")
    repo.commit("Set up pmgit")
    if is_pushed:
        if "lfs" in args:
            repo.git("lfs", "push", "origin", "main")
        repo.git("push", "-q", "--no-verify", "origin", "main")


def clone_of(repo: Repo) -> Repo:
    clone = Repo(repo.path.parent / "clone", repo.env, init=None)
    repo.git("clone", "-q", str(repo.path.parent / "remote.git"), str(clone.path))
    return clone


def test_which_storage(models: Repo) -> None:
    replay(models, "storage", "storage")


def test_the_page_about_joining_is_what_happens(models: Repo) -> None:
    begin(models, "--storage", "lfs")
    replay(clone_of(models), "joining", "joining")


def test_switching_and_back(models: Repo, weights: Weights) -> None:
    begin(models)
    clone = clone_of(models)
    clone.write(WEIGHTS, weights.safetensors)
    replay(models, "switching-storage", "to-lfs")
    replay(clone, "switching-storage", "pulled")
    assert (clone.path / WEIGHTS).read_bytes() == weights.safetensors
    replay(models, "switching-storage", "to-ignore")
    replay(clone, "switching-storage", "colleague")
    for repo in (models, clone):
        assert (repo.path / WEIGHTS).read_bytes() == weights.safetensors
        assert repo.git("status", "--short") == ""


def test_the_page_about_updating_is_what_happens(models: Repo) -> None:
    info = models.path / SILERO / "INFO.md"
    models.git("rm", "-q", "-f", str(info))
    address = "https://pypi.org/project/silero-vad/"
    old = ("--source", address, "--license", "MIT", "--revision", "6.2.3")
    day = ("--downloaded", "2026-01-13")
    assert models.pmgit("info", "new", "silero-vad", *old, *day).code == 0
    begin(models, "--storage", "lfs", is_pushed=False)
    models.write(WEIGHTS, models.path.joinpath(WEIGHTS).read_bytes()[:-4] + b"\0" * 4)
    replay(models, "updating-a-model", "updating")
    assert models.rules("--all") == []


def test_the_page_about_models_shows_what_is_known(models: Repo) -> None:
    begin(models, is_pushed=False)
    models.git("rm", "-q", f"{SILERO}/INFO.md")
    models.write(f"{SILERO}/README.md", "---\nlicense: mit\n---\n")
    given = ("--source", "https://pypi.org/project/silero-vad/", "--license", "apache-2.0")
    version = ("--revision", "6.2.3", "--downloaded", "2026-01-13")
    assert models.pmgit("info", "new", "silero-vad", *given, *version).code == 0
    assert models.pmgit("add", SILERO).code == 0
    replay(models, "models", "info")


def test_the_page_about_models_shows_what_is_asked(models: Repo) -> None:
    models.git("rm", "-q", f"{SILERO}/INFO.md")
    card = models.write(f"{SILERO}/README.md", "---\nlicense: mit\npipeline_tag: other\n---\n")
    then = 1_768_305_600  # 2026-01-13
    note = f"{'86b5e093' * 5}\netag\n{then}\n"
    for file in (card, models.path / WEIGHTS):
        os.utime(file, (then, then))
        models.write(f"{SILERO}/.cache/huggingface/download/{file.name}.metadata", note)
    text = (DOCS / "models.md").read_text("utf-8")
    block = text.split("<!-- asked: begin -->\n```console\n$ ")[1].split("```\n<!--")[0]
    command, _, printed = block.partition("\n")
    questions = [line for line in printed.splitlines() if re.match(r"\w+ \(.*\).*:", line)]
    steps = [
        (f"{question[: question.index(' (')]} (", question.rpartition(": ")[2] + "\n")
        if not question.endswith(":")
        else (f"{question[: question.index(' (')]} (", "\n")
        for question in questions
    ]
    shown = models.dialogue(command, steps)
    assert shown.code == 0, shown
    assert [line.rstrip() for line in shown.out.splitlines()] == printed.splitlines()


def test_the_page_about_uninstalling_is_what_happens(models: Repo) -> None:
    begin(models, is_pushed=False)
    replay(models, "uninstalling", "undo")
    assert not (models.path / ".pmgit.toml").exists()
    assert (models.path / WEIGHTS).exists()


def test_the_page_about_inspecting_is_what_happens(repo: Repo, weights: Weights) -> None:
    alex = "pretrained_model/lpips/alex.pth"
    repo.add_info("pretrained_model/lpips")
    content = weights["alex.pth"]
    repo.stage(alex, content)
    assert repo.pmgit("lfs-setup", "--no-proof", "--textconv").code == 0
    repo.commit("Add a model")
    replay(repo, "inspect", "inspect")
    repo.write(alex, content[:2000] + b"\x3f" + content[2001:])
    replay(repo, "inspect", "diff")
    replay(repo, "inspect", "textconv")


def test_the_pages_are_found_and_lead_somewhere() -> None:
    index = (DOCS / "onboarding.md").read_text("utf-8")
    for page in PAGES:
        text = (DOCS / f"{page}.md").read_text("utf-8")
        assert f"({page}.md)" in index, page
        assert text.count("\n") < 100, f"{page}: it is to be short"
        for link in text.split("](")[1:]:
            file = link.partition(")")[0].partition("#")[0]
            assert (DOCS / file).exists(), (page, file)
