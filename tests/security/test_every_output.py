"""What pmgit prints, in every command and format, of a repository whose every text is made to harm.

Nothing that a terminal or a CI log acts on, no secret, and documents that parse back.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from pmgit.commands._output import FORMATS
from tests.e2e.test_terminal import COLOUR, at_terminal
from tests.e2e.test_user_configuration import CASES, leaves
from tests.kit import ACTING, COMMAND, Repo, pointer, weights_bytes
from tests.security.hostile import EVIL, MARKUP, MODEL, SECRETS, fill
from tests.test_hook_is_safe import HOSTILE

if TYPE_CHECKING:
    from tests.kit import Result

#: Beside the cases of all commands: other formats, and more words.
MORE = (
    *(f"check --all --format {form}" for form in FORMATS),
    "check --range HEAD~1..HEAD",
    "scan . --format sarif", "scan . --format json", "scan .",
    "--verbose check", "doctor --format json", "status --format json",
    "verify --format json", "info show --format json", "info check --format json",
    "explain --format json nothing", "verify --remote", "verify --force", "pull good",
    "pull --replace good", "update good", "info show good", "info check good", "info new good",
    "inspect good", "inspect good --format json", "verify --load good", "convert --dry-run good",
    f"inspect --textconv {MODEL}/model.safetensors", "add pretrained_model/pointers",
    "baseline --dry-run", "history --format json",
)  # fmt: skip
#: What GitHub's runner is meant to read, in that format alone.
ANNOTATION = re.compile(r"^::(error|warning|notice) file=[^:\n]+,title=[^:\n]+::[^\n]*$")


@pytest.fixture
def hostile(repo: Repo) -> Repo:
    fill(repo)
    tokens = {name: value for name, value in SECRETS.items() if name.isupper()}
    repo.env.update({"GITHUB_ACTIONS": "true", "CI": "true", **tokens})
    return repo


def demand_harmless(shown: Result, words: list[str]) -> None:
    """What a command prints, for people and for programs."""
    form = words[words.index("--format") + 1] if "--format" in words else "text"
    for text in (shown.out, shown.err):
        assert not ACTING.search(text), (words, ACTING.search(text), text[:2000])
        lines = text.splitlines()
        if form == "github":
            lines = [line for line in lines if not ANNOTATION.match(line)]
        assert not COMMAND.search("\n".join(lines)), (words, COMMAND.search("\n".join(lines)))
        for place, secret in SECRETS.items():
            assert secret not in text, (words, place)
        assert "Traceback" not in text, (words, text[-2000:])
    if shown.out and shown.code in (0, 1) and form in ("json", "sarif", "gitlab"):
        json.loads(shown.out)
    if shown.out and shown.code in (0, 1) and form == "junit":
        ElementTree.fromstring(shown.out)


def test_no_command_prints_what_harms(hostile: Repo) -> None:
    hostile.git("init", "-q", "--bare", "../bare.git")
    there = leaves()
    runs = [words.split() for words in MORE]
    for words, cases in CASES.items():
        if words in there and words not in ("init", "fix", "server install"):
            runs.append([*words.split(), *cases[0]])
    runs += [["init", "--dry-run"], ["fix", "--dry-run"]]
    for argv in runs:
        shown = hostile.pmgit(*argv)
        assert shown.code in (0, 1, 2, 3), (argv, shown)
        demand_harmless(shown, argv)
    assert not list(hostile.path.parent.rglob("PWNED"))


def test_what_is_fixed_is_printed_escaped_and_right(repo: Repo) -> None:
    repo.env["GITHUB_ACTIONS"] = "true"
    repo.commit("Begin", "--allow-empty")
    for number, name in enumerate(HOSTILE):
        repo.write(f"{MODEL}/{name}.pt", 1500 + number)
    repo.git("add", "-A")
    repo.commit(f"subject {EVIL}")
    for words in (["fix", "--dry-run"], ["fix", "--yes"], ["fix", "--undo", "--yes"]):
        shown = repo.pmgit(*words)
        assert shown.code in (0, 1), (words, shown)
        demand_harmless(shown, words)
        if "--dry-run" not in words:
            names = set(repo.git("ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0"))
            assert any(name.endswith(".pt") for name in names) == ("--undo" in words)


def test_what_git_lfs_is_asked_for_is_printed_escaped(lfs_repo: Repo) -> None:
    """Its own words about a file that its server has not got are its own."""
    for number, name in enumerate(HOSTILE):
        place, content = f"{MODEL}/{name}.safetensors", weights_bytes(300 + number)
        lfs_repo.stage_blob(place, pointer(content))
        lfs_repo.write(place, pointer(content))
        oid = hashlib.sha256(content).hexdigest()
        there = lfs_repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content)
    lfs_repo.commit("pointers")
    shown = lfs_repo.pmgit("pull", "good")
    demand_harmless(shown, ["pull"])
    assert shown.code == 0, shown
    for number, name in enumerate(HOSTILE):
        file = lfs_repo.path / f"{MODEL}/{name}.safetensors"
        assert file.read_bytes() == weights_bytes(300 + number), name


def test_a_terminal_gets_colours_and_nothing_else(hostile: Repo) -> None:
    hostile.env |= {"TERM": "xterm-256color", "CI": ""}
    for words in ("status", "verify", "scan .", "info show good"):
        shown = COLOUR.sub("", at_terminal(hostile, *words.split()))
        assert not ACTING.search(shown), (words, ACTING.search(shown))
        assert not COMMAND.search(shown), words


def test_words_of_a_command_line_are_printed_escaped(repo: Repo) -> None:
    """Scripts pass names of files on."""
    evil = "x\x1b[31m\u202e\n::error::injected"
    for words in ([evil], ["catalog", evil], ["check", f"--{evil}"], ["check", "--format", evil],
                  ["status", evil], ["pull", "--jobs", evil], ["explain", evil], ["scan", evil],
                  ["add", evil],
                  ["check", "--select", evil], ["check", "--range", evil], ["info", evil],
                  ["verify", "--shard", evil], ["info", "new", evil]):  # fmt: skip
        shown = repo.pmgit(*words)
        assert shown.code in (1, 2, 3), (words, shown)
        demand_harmless(shown, [])
    for words in ([evil], ["pre-commit", evil], [f"--{evil}"], ["--select", evil, "pre-commit"]):
        shown = repo.hook(*words)
        assert shown.code == 2, (words, shown)
        demand_harmless(shown, [])


def test_what_is_explained_is_printed_escaped(repo: Repo) -> None:
    lines = f"remote: {EVIL}\nerror: GH001: Large files detected. {EVIL}\n{EVIL}\n"
    shown = repo.pmgit("explain", "-", stdin=lines.encode())
    demand_harmless(shown, ["explain"])


def test_reports_parse_back_to_the_names_that_they_are_about(repo: Repo) -> None:
    name = f"{MARKUP.replace('/', '')}.pt"
    repo.stage(name, 1_500_000)
    shown = {form: repo.pmgit("check", "--format", form) for form in FORMATS}
    assert {form: result.code for form, result in shown.items()} == dict.fromkeys(FORMATS, 1)
    [finding] = shown["json"].json["findings"]
    assert finding["path"] == name
    [issue] = shown["gitlab"].json
    assert issue["location"]["path"] == name
    [result] = shown["sarif"].json["runs"][0]["results"]
    assert "script" in result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    [case] = ElementTree.fromstring(shown["junit"].out).iter("testcase")
    assert case.attrib["file"] == name
    annotations = [line for line in shown["github"].out.splitlines() if line.startswith("::")]
    assert len(annotations) == 1
    assert ANNOTATION.match(annotations[0])
