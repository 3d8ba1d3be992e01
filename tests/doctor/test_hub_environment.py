"""The variables of huggingface_hub: read as it reads them, and no secret printed."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from pmgit.core.shell import Shell
from pmgit.doctor import hub_environment
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from tests.doctor.looking import context, look_at
from tests.hf_command import hf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

SECRET = "hf_" + "s3cr3tS3CR3T" * 3


@pytest.fixture
def plain(repo: Repo) -> Repo:
    for name in ("HF_HUB_OFFLINE", "XDG_CACHE_HOME"):
        repo.env.pop(name, None)
    return repo


def look(repo: Repo, **environ: str) -> dict[str, Check]:
    return {check.name: check for check in hub_environment.checks(context(repo, **environ))}


def cure(repo: Repo, name: str, status: str = WARNING, /, **environ: str) -> str:
    """Paste the fix into a shell that has the variables; what is said there is ok."""
    check = look(repo, **environ)[name]
    assert (check.status, bool(check.fix)) == (status, True), check
    assert check.fix
    line = Shell().line(check.fix)
    done = repo.sh(f"{line} && pmgit doctor --format json", env=environ)
    assert done.code == 0, done
    after = {c["name"]: c for c in done.json["checks"]}
    assert after.get(name, {"status": OK})["status"] == OK
    return line


def test_the_default(plain: Repo) -> None:
    found = look_at(plain, "hf-cache")
    assert (found.status, found.evidence) == (OK, "~/.cache/huggingface/hub (the default)")


def test_offline_is_told(plain: Repo) -> None:
    assert "HF_HUB_OFFLINE is on" in look_at(plain, "hf-cache", HF_HUB_OFFLINE="yes").evidence


def test_the_old_name(plain: Repo, tmp_path: Path) -> None:
    old = str(tmp_path / "my models")
    found = look(plain, HUGGINGFACE_HUB_CACHE=old, HF_HOME=str(tmp_path))["hf-cache"]
    assert f"{old} (by HUGGINGFACE_HUB_CACHE): an old name" in found.evidence
    line = cure(plain, "hf-cache", HUGGINGFACE_HUB_CACHE=old)
    assert line == f"export 'HF_HUB_CACHE={old}' && unset HUGGINGFACE_HUB_CACHE"
    both = look(plain, HUGGINGFACE_HUB_CACHE=old, HF_HUB_CACHE=str(tmp_path))["hf-cache"]
    assert both.status == OK


def test_the_dead_variable(plain: Repo, tmp_path: Path) -> None:
    """The guide sets it, and the models go elsewhere."""
    env = {"HF_HOME": str(tmp_path), "TRANSFORMERS_CACHE": f"{tmp_path}/transformers"}
    assert f"models go to {tmp_path}/hub" in look_at(plain, "hf-dead", **env).evidence
    assert cure(plain, "hf-dead", **env) == "unset TRANSFORMERS_CACHE"
    assert "hf-dead" not in look(plain)


@pytest.mark.parametrize(
    ("name", "value"),
    [("HF_HUB_CACHE", "cache"), ("HF_HOME", ""), ("HUGGINGFACE_HUB_CACHE", "./x")],
)
def test_a_relative_cache(
    name: str, value: str, plain: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays the folder that it is from here, if it is any."""
    monkeypatch.chdir(plain.path)
    assert "relative" in look_at(plain, "hf-cache", **{name: value}).evidence
    first = cure(plain, "hf-cache", **{name: value}).split(" && ")[0]
    kept = f"export HF_HUB_CACHE={os.path.abspath(value)}"
    assert first == (kept if value else f"unset {name}")
    default = look_at(plain, "hf-cache", XDG_CACHE_HOME="x").fix
    assert default is not None
    assert Shell().line(default) == f"export HF_HOME={plain.path}/x/huggingface"


def test_a_cache_that_cannot_be(plain: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    closed = str(tmp_path / "file")
    assert cure(plain, "hf-cache", ERROR, HF_HOME=closed) == "unset HF_HOME"
    both = {"HF_HUB_CACHE": closed, "HUGGINGFACE_HUB_CACHE": closed, "HF_HOME": closed}
    assert cure(plain, "hf-cache", ERROR, **both).split()[1:] == list(both)
    # The default is no better: which folder is theirs only people know.
    found = look_at(plain, "hf-cache", XDG_CACHE_HOME=closed)
    assert (found.status, found.fix) == (ERROR, None)
    command = found.hint.removeprefix("choose a folder that is yours: ").replace("DIR", "mine")
    done = plain.sh(f"{command} && pmgit doctor", env={"XDG_CACHE_HOME": closed})
    assert "ok:      hf-cache: mine/hub (by HF_HUB_CACHE)" in done.out, done


def test_the_disk(tmp_path: Path) -> None:
    where = str(tmp_path / "not" / "yet")
    assert hub_environment.disk(where, 1).status == OK
    full = hub_environment.disk(where, 10**21)
    assert full.status == WARNING
    assert f"free at {tmp_path}, under " in full.evidence
    assert full.fix is None  # what may go only a person knows


def test_the_commands_about_the_disk_are_there(plain: Repo, tmp_path: Path) -> None:
    """`hf` is huggingface_hub's own command; the cache is one with a revision that nobody names."""
    hint = hub_environment.disk(str(tmp_path), 10**21).hint
    for command in ("hf cache ls --sort size", "hf cache rm ID", "hf cache prune"):
        assert command in hint
    cache = tmp_path / "hub"
    for part in ("blobs/0123", "snapshots/" + "1" * 40 + "/config.json", "refs/main"):
        file = cache / "models--org--net" / part
        file.parent.mkdir(parents=True)
        file.write_text("1" * 40)
    listing = "cache ls --sort size --format json"
    printed = hf(
        *(listing, "cache prune --yes", listing, "cache rm model/org/net --yes"),
        env={**plain.env, "HF_HUB_CACHE": str(cache)},
    )
    assert ["org/net" in printed[0], "org/net" in printed[2]] == [True, True], printed
    assert not (cache / "models--org--net").exists()


def test_the_hub_itself(plain: Repo) -> None:
    assert look_at(plain, "hf-endpoint").evidence == "huggingface.co"
    found = look_at(plain, "hf-endpoint", HF_TOKEN=SECRET)
    assert (found.status, found.evidence) == (OK, "huggingface.co, with a token")


def test_the_token_goes_to_a_mirror(plain: Repo) -> None:
    env = {"HF_ENDPOINT": "https://mirror.example/"}
    assert look_at(plain, "hf-endpoint", **env).status == OK
    found = look_at(plain, "hf-endpoint", **env, HF_TOKEN=SECRET)
    assert found.status == WARNING
    assert "the token (HF_TOKEN) goes to mirror.example" in found.evidence
    line = cure(plain, "hf-endpoint", **env, HF_TOKEN=SECRET)
    assert line == "export HF_HUB_DISABLE_IMPLICIT_TOKEN=1"
    implicit = look(plain, **env, HF_TOKEN=SECRET, HF_HUB_DISABLE_IMPLICIT_TOKEN="1")
    assert implicit["hf-endpoint"].status == OK


def test_the_token_in_a_file(plain: Repo, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    env = {"HF_ENDPOINT": "http://mirror.example:8080", "HF_HOME": str(tmp_path)}
    found = look_at(plain, "hf-endpoint", **env)
    assert found.status == WARNING
    assert "goes to mirror.example:8080 over plain http" in found.evidence
    (tmp_path / "token").write_text("")
    assert look_at(plain, "hf-endpoint", **env).status == OK


def test_the_token_in_the_open(plain: Repo) -> None:
    env = {"HF_ENDPOINT": "http://huggingface.co", "HF_TOKEN": SECRET}
    line = cure(plain, "hf-endpoint", ERROR, **env)
    assert line == "export HF_ENDPOINT=https://huggingface.co"


@pytest.mark.parametrize("value", ["", "mirror.example", "https://", "http://[", "file:///x"])
def test_an_endpoint_that_is_none(value: str, plain: Repo) -> None:
    found = look_at(plain, "hf-endpoint", HF_ENDPOINT=value)
    assert found.status == ERROR
    assert found.fix is not None
    assert Shell().line(found.fix) == "unset HF_ENDPOINT"
    if not value:
        cure(plain, "hf-endpoint", ERROR, HF_ENDPOINT=value)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_printed(form: str, plain: Repo, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(SECRET)
    env = {
        "HF_ENDPOINT": "https://user:pass-word@mirror.example",
        "HF_TOKEN": SECRET,
        "HUGGING_FACE_HUB_TOKEN": SECRET,
        "HF_HOME": str(tmp_path),
        "TRANSFORMERS_CACHE": "/x",
        "HUGGINGFACE_HUB_CACHE": "/y",
    }
    plain.git("remote", "add", "origin", "https://user:pass-word@git.example/x.git")
    done = plain.pmgit("--verbose", "doctor", "--format", form, env=env)
    assert "mirror.example" in done.out
    for secret in (SECRET, "s3cr3t", "pass-word", "user:"):
        assert secret not in done.out + done.err


#: What huggingface_hub reads of each of several environments, and what pmgit does.
PROBE = """\
import importlib, json, os, sys
from huggingface_hub import constants as c
from pmgit.hub.places import places
for environ in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(environ)
    importlib.reload(c)
    p = places(os.environ)
    ours = [p.home, p.cache, p.token_file, p.endpoint]
    print(json.dumps([ours, [c.HF_HOME, c.HF_HUB_CACHE, c.HF_TOKEN_PATH, c.ENDPOINT]]))
"""


def test_places_are_those_of_huggingface_hub(plain: Repo) -> None:
    environments: list[dict[str, str]] = [
        {},
        {"XDG_CACHE_HOME": "/xdg"},
        {"HF_HOME": "~/a"},
        {"HF_HOME": "$BASE/a", "BASE": "/b"},
        {"HF_HOME": "", "HF_ENDPOINT": "https://x.example//"},
        {"HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old", "HF_TOKEN_PATH": "~/t"},
        {"HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "$HF_HOME/new"},
        {"TRANSFORMERS_CACHE": "/dead"},
    ]
    asked = json.dumps([{**plain.env, **one} for one in environments])
    done = plain.run([sys.executable, "-c", PROBE], cwd=os.sep, stdin=asked.encode())
    told = list(map(json.loads, done.out.splitlines()))
    assert len({str(theirs) for _, theirs in told}) == 7, "all differ but {} and the dead one"
    for environment, (ours, theirs) in zip(environments, told, strict=True):
        assert ours == theirs, environment
