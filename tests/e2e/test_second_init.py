"""A second `pmgit init` with other options changes what pmgit has written, or says what it does not
change; and what was chosen holds in the next clone.
"""

from __future__ import annotations

import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from pmgit.hooks import config_entry
from pmgit.hooks.entry import HookEntry
from tests.e2e.conftest import commit
from tests.e2e.set_ups import left_to_do, set_up
from tests.e2e.test_onboarding import changed, tree
from tests.kit import BIN, Repo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the hooks are made with sh"),
    pytest.mark.usefixtures("quick_pre_commit", "quick_hooks"),
]

FILE = "pretrained_model/gpt2/model.bin"
USUAL = ".pre-commit-config.yaml"
TEAM = "# ours\nrepos:\n  - repo: meta  # first\n    hooks:\n      - id: identity\n"


def init(repo: Repo, *args: str) -> str:
    done = repo.pmgit("init", "--yes", *args)
    assert done.code == 0, done
    return done.out


def judges_once(repo: Repo) -> None:
    repo.stage(FILE, 2_000_000)
    refused = commit(repo)
    assert refused.code == 1, refused
    said = refused.out + refused.err
    assert said.count("gpt2: missing-info") == 1, said
    repo.git("rm", "-q", "-f", FILE)


@pytest.mark.parametrize(
    ("team", "kinds"),
    [
        ("", ("pre-commit", "native", "prek", "pre-commit")),
        (TEAM, ("prek", "native", "pre-commit", "prek")),
    ],
    ids=["alone", "beside the team's"],
)
def test_from_each_kind_to_each_other(
    repo: Repo, tmp_path: Path, team: str, kinds: tuple[str, ...]
) -> None:
    """One judgement for a commit, whatever came before; a clone does the same; all is undone."""
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho mine >>ran\n").chmod(0o755)
    repo.stage(".gitignore", "ran\n")
    if team:
        repo.stage(USUAL, team)
    repo.commit("Before")
    before = tree(repo)
    for kind in kinds:
        set_up(repo, "--hooks", kind)
        config = tomllib.loads((repo.path / ".pmgit.toml").read_text())
        assert config["hooks"] == kind
        there = (repo.path / USUAL).exists()
        assert there == (bool(team) or kind != "native")
        text = (repo.path / USUAL).read_text() if there else ""
        assert (text.count("id: pmgit") == 1) == (kind != "native")
        assert set(team.split("\n")) <= set(text.split("\n"))
        first = (repo.path / ".git/hooks/pre-commit").read_text()
        if not (team and kind == "native"):  # there the team's framework stays in front
            marks = {"pre-commit": "by pre-commit", "prek": "by prek", "native": "hook chain"}
            assert marks[kind] in first.split("\n")[1]
        repo.git("add", "-A")
        done = commit(repo)
        assert done.code == 0, done
        (repo.path / "ran").unlink()
        judges_once(repo)
        # The chain judges first, and does not ask the user's hook then.
        assert (repo.path / "ran").exists() == (kind != "native")
        (repo.path / "ran").unlink(missing_ok=True)
    assert left_to_do(repo) == []
    repo.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", repo.env, init=None)
    set_up(clone)
    assert clone.git("status", "--short") == ""
    assert f"by {kinds[-1]}" in (clone.path / ".git/hooks/pre-commit").read_text()
    judges_once(clone)
    assert repo.pmgit("init", "--undo").code == 0
    commits = ("COMMIT_EDITMSG", "logs/", "refs/")
    left = [path for path in changed(tree(repo), before) if not any(x in path for x in commits)]
    assert left == []


@pytest.mark.parametrize("name", [USUAL, "prek.toml"])
def test_the_entry_is_exchanged_and_nothing_else(repo: Repo, name: str) -> None:
    ours = TEAM if name == USUAL else '# ours\nrepos = [{ repo = "builtin", hooks = [] }]\n'
    # As an earlier pmgit wrote it, for a version that no index has.
    text = config_entry.plan(ours.encode(), HookEntry("index", "0.1.0"), name).after.decode()
    repo.write(name, text)
    before = tree(repo)
    set_up(repo, "--system")
    whole = (repo.path / name).read_text()
    assert whole == config_entry.plan(ours.encode(), HookEntry("system"), name).after.decode()
    repo.write(name, whole + "# mine\n")
    assert left_to_do(repo, "--system") == []
    assert repo.pmgit("init", "--undo").code == 0
    assert (repo.path / name).read_text() == f"{text}# mine\n"
    repo.write(name, text)
    assert changed(tree(repo), before) == []


def test_an_entry_that_somebody_changed_is_not_exchanged(repo: Repo) -> None:
    set_up(repo, "--system")
    text = config_entry.snippet(HookEntry("index", "0.1.0"), USUAL)
    for was, now in (
        ("always_run: true", "always_run: true  # mine"),
        ("name: pmgit", "name: weights"),
        ("require_serial: true", "require_serial: true\n        verbose: true"),
    ):
        mine = text.replace(f"      {was}", f"      {now}")
        assert mine != text, was
        repo.write(USUAL, mine)
        before = tree(repo)
        done = repo.pmgit("init", "--yes", "--system")
        assert done.code == 2, (now, done)
        assert "is not as pmgit writes it, so --system is not applied" in done.err, now
        assert tree(repo) == before, now


def test_an_entry_by_hand_stays_beside_native_hooks(repo: Repo) -> None:
    text = config_entry.snippet(HookEntry("system"), USUAL).replace("name: pmgit", "name: ours")
    repo.write(USUAL, text)
    out = init(repo, "--hooks", "native")
    assert f"note: the entry of pmgit in {USUAL} is not as pmgit writes it, and stays" in out
    assert (repo.path / USUAL).read_text() == text


def test_what_is_not_applied_is_said(repo: Repo) -> None:
    set_up(repo, "--hooks", "native")
    before = tree(repo)
    for options, code, said in (
        (("--hooks", "none"), 2, "--hooks none is not applied"),
        (("--no-system",), 2, "--no-system is about the entry for pre-commit or prek"),
        (("--system",), 0, "--system changes nothing: hooks are 'native' here"),
        (("--language", "zh"), 2, 'does not say language = "zh"'),
        (("--storage", "lfs"), 2, 'does not say storage = "lfs"'),
        (("--hooks", "pre-commit", "--no-system"), 3, "others cannot build this pmgit"),
    ):
        done = repo.pmgit("init", "--yes", *options)
        assert (done.code, said in done.out + done.err) == (code, True), done
        assert tree(repo) == before, options


CONFIGS = {
    ".pmgit.toml": (
        '# ours\r\nmodels = ["m"]  # one\r\n\r\n[rules.missing-info]\r\nlocal = "off"\r\n',
        1,
    ),
    "pyproject.toml": ('[project]\nname = "x"\n[tool.pmgit]\nmodels = ["m"]\n[tool.x]\ny = 1\n', 1),
    " .pmgit.toml": ("models = [\"m\"]\nhooks = 'none' # x", 0),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_choice_is_one_line_of_the_configuration(repo: Repo, name: str) -> None:
    text, more = CONFIGS[name]
    name = name.strip()
    file = repo.write(name, text.encode())
    before = tree(repo)
    set_up(repo, "--hooks", "native")
    lines = file.read_bytes().decode().splitlines(keepends=True)
    assert len(lines) == len(text.splitlines()) + more
    left = [line for line in lines if not line.startswith("hooks = ")]
    assert left == [x for x in text.splitlines(keepends=True) if not x.startswith("hooks = ")]
    assert repo.pmgit("check").code == 0
    assert left_to_do(repo) == []
    set_up(repo, "--hooks", "prek")
    assert 'hooks = "prek"' in file.read_bytes().decode()
    assert repo.pmgit("init", "--undo").code == 0
    assert changed(tree(repo), before) == []


def test_the_usual_choice_needs_no_line_in_a_configuration_that_is_there(repo: Repo) -> None:
    file = repo.write(".pmgit.toml", 'models = ["m"]\n')
    set_up(repo, "--system")
    assert file.read_text() == 'models = ["m"]\n'


def test_prek_is_recorded_and_not_there(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one has pre-commit only, which reads the same file; who asks for prek needs it."""
    repo.write(".pmgit.toml", 'hooks = "prek"\n')
    tools = repo.path.parent / "tools"
    tools.mkdir()
    for program in ("pmgit", "pmgit-hook"):
        (tools / program).symlink_to(BIN / program)
    folders = [f for f in repo.env["PATH"].split(":") if f != str(BIN)]
    repo.env["PATH"] = ":".join([str(tools), *folders])
    done = repo.pmgit("init", "--yes", "--hooks", "prek")
    assert (done.code, "prek is not installed" in done.err) == (3, True), done
    assert "run pre-commit install" in init(repo)
    assert (repo.path / ".pmgit.toml").read_text() == 'hooks = "prek"\n'
