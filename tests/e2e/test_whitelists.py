"""What `pmgit init` writes gets into Git by the line that it prints, whatever ignore rules hide."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.set_ups import husky, init_unproved, left_to_do, set_up
from tests.kit import Repo

pytestmark = pytest.mark.usefixtures("quick_hooks")

OURS = {".pmgit.toml", "pretrained_model/README.md", "pretrained_model/.gitkeep", ".gitignore"}
#: What a team lets in: code, and all else is hidden. The last ones do not let themselves in.
WHITELISTS = [
    "*\n!*/\n!*.py\n!.gitignore\n",
    "/*\n!/src\n!/.gitignore\n",
    ".*\n",
    "*\r\n!*/\r\n!*.py\r\n",
]


def following(printed: str) -> list[str]:
    return [line[6:] for line in printed.splitlines() if line.startswith("next: ")]


def init(repo: Repo, *args: str, cwd: str = "") -> str:
    return init_unproved(repo, "--yes", "--hooks", "native", *args, cwd=cwd)


def paste(repo: Repo, lines: list[str], cwd: str = "") -> None:
    for line in lines:
        result = repo.sh(line, cwd=cwd)
        assert result.code == 0, (line, result)


@pytest.mark.parametrize("text", WHITELISTS)
def test_a_whitelist(repo: Repo, text: str) -> None:
    repo.stage("src/a.py", "x\n")
    repo.stage(".gitignore", text)
    repo.commit()
    # The proofs pass here, too.
    words = ("init", "--yes", "--hooks", "native")
    printed = repo.pmgit(*words).out if text is WHITELISTS[0] else init(repo)
    paste(repo, following(printed))
    assert set(repo.staged()) >= OURS
    # The hooks judge the commit, and who types `git add -A` gets the same.
    repo.commit("Set up pmgit", verify=True)
    for name in (".pmgit-baseline", ".gitattributes", ".pre-commit-config.yaml"):
        repo.write(name, "")
    repo.git("add", "-A")
    assert {".pmgit-baseline", ".gitattributes", ".pre-commit-config.yaml"} <= set(repo.staged())
    assert (repo.path / ".gitignore").read_bytes().startswith(text.encode())
    assert left_to_do(repo, "--hooks", "native") == []


@pytest.mark.parametrize("text", ["*.bin\n*.pth\n*.npy\n*.safetensors\n", "pretrained_model/\n"])
def test_weights_that_the_lines_hide_until_now(repo: Repo, text: str) -> None:
    """With Git LFS they are let in below the models folder; elsewhere they stay hidden."""
    repo.stage(".gitignore", text)
    repo.commit()
    if text == "pretrained_model/\n":
        # Proved, and by what is printed; for the other the steps alone.
        assert "filter=lfs" in init(repo, "--storage", "lfs", "--dry-run")
        done = repo.pmgit("init", "--yes", "--hooks", "native", "--storage", "lfs")
        paste(repo, following(done.out))
    else:
        set_up(repo, "--hooks", "native", "--storage", "lfs")
    names = ("a.bin", "a.pth", "a.npy", "a.safetensors", "a.onnx")
    for folder in ("pretrained_model/bert", "runs"):
        for name in names:
            repo.write(f"{folder}/{name}", 3000)
    repo.git("add", "-A")
    staged = repo.staged()
    assert {f"pretrained_model/bert/{name}" for name in names} <= set(staged)
    for name in names:
        assert repo.git("show", f":pretrained_model/bert/{name}").startswith("version https://")
        assert (f"runs/{name}" in staged) is (f"*{name[1:]}" not in text)
    init(repo, "--undo")
    assert (repo.path / ".gitignore").read_text() == text


def test_personal_rules_decide_for_nobody_else(repo: Repo) -> None:
    """They hide what is written, so it is added by force; no line for all is written."""
    Path(repo.env["HOME"], "ignored").write_text(".*\n*.md\n")
    repo.git("config", "--global", "core.excludesFile", f"{repo.env['HOME']}/ignored")
    repo.write(".git/info/exclude", ".pmgit-baseline\n")
    repo.write(".gitignore", "*.log\n")
    repo.stage("pretrained_model/old/model.bin", 2_000_000)
    repo.commit()
    done = init(repo, "--storage", "lfs")
    # .gitignore was there, untracked and hidden: it is not for the others.
    assert "note: .gitignore is ignored by Git (" in done
    assert "was so before, so it stays yours; to share it: git add -f -- .gitignore\n" in done
    assert "!/.pmgit.toml" not in (repo.path / ".gitignore").read_text()
    paste(repo, following(done))
    wanted = {*OURS, ".pmgit-baseline"} - {".gitignore"}
    assert wanted <= set(repo.staged())
    assert ".gitignore" not in repo.staged()
    # What is tracked is seen whatever hides it.
    repo.write(".pmgit.toml", "x")
    repo.git("add", "-u")
    assert repo.blob(".pmgit.toml") == b"x"


def test_a_line_that_names_a_file_is_not_overruled(repo: Repo) -> None:
    repo.stage(".gitignore", "/.pre-commit-config.yaml\n.pmgit.toml\n")
    repo.write(".pre-commit-config.yaml", "repos: []\n")
    repo.commit()
    done = init_unproved(repo, "--yes", "--hooks", "prek", "--system")
    assert "note: .pre-commit-config.yaml is ignored by Git (.gitignore:1: " in done
    (line,) = following(done)
    assert line.startswith("git add -f -- .pmgit.toml ")
    paste(repo, [line])
    assert ".pmgit.toml" in repo.staged()
    assert ".pre-commit-config.yaml" not in repo.staged()
    assert "!/" not in (repo.path / ".gitignore").read_text().split("# >>>")[0]


def test_from_a_folder_below_and_with_a_nested_block(repo: Repo) -> None:
    repo.stage("src/a.py", "x\n")
    repo.write("pretrained_model/bert/x.bin", 300)
    repo.stage(".gitignore", "*\n!*/\n!*.py\n!.gitignore\n")
    repo.commit()
    assert repo.pmgit("gitignore", "--nested").code == 0
    repo.add_info("pretrained_model/bert")
    repo.commit()
    done = init(repo, cwd="src")
    lines = following(done)
    assert lines[0].startswith("git -C .. add -f -- .pmgit.toml ")
    paste(repo, lines, cwd="src")
    assert ".pmgit.toml" in repo.staged()
    repo.commit("Set up pmgit", verify=True)


def test_hooks_of_husky_that_are_to_be_committed(repo: Repo) -> None:
    repo.stage(".gitignore", "/*\n!/src\n!/.gitignore\n")
    husky(repo)
    repo.commit()
    done = init(repo)
    paste(repo, following(done))
    assert any(path.startswith(".husky/") for path in repo.staged()), done


@pytest.mark.parametrize(
    ("file", "line"), [("pretrained_model/.gitignore", "*"), ("models/.gitignore", "*")]
)
def test_what_cannot_be_served_is_refused_before_anything(repo: Repo, file: str, line: str) -> None:
    repo.stage(file, f"{line}\n")
    repo.commit()
    models = file.partition("/")[0]
    done = repo.pmgit("init", "--yes", "--hooks", "none", "--models", models)
    assert done.code == 3
    assert f"{file}:1 ({line}) hides {models}/" in done.err
    assert f"hint: remove or change line 1 of {file}" in done.err
    assert repo.git("status", "--short", "--ignored") == ""
