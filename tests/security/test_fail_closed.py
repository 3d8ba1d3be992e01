"""Where git is killed in the middle of a command: never clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.git import program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

MODEL = "pretrained_model/bert"
#: A git that is killed where its words have WORD among them.
GIT = """\
#!/bin/sh
for word; do
    if [ "$word" = "$WORD" ]; then
        : >> "$MET"
        kill -9 $$
    fi
done
exec {git} "$@"
"""
WORDS = (
    "rev-parse",
    "diff-index",
    "check-attr",
    "cat-file",
    "ls-files",
    "log",
    "ls-tree",
    "diff-tree",
)


def test_a_git_that_is_killed_is_never_clean(lfs_repo: Repo, tmp_path: Path) -> None:
    repo = lfs_repo
    repo.add_info(MODEL)
    repo.write(f"{MODEL}/model.safetensors", 3_000)
    repo.write(f"{MODEL}/tokenizer.json", "{}\n")
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    repo.commit("weights")
    # Nothing is wrong: what could not be asked is all that can keep it from being clean.
    repo.write(f"{MODEL}/other.safetensors", 3_000)
    assert repo.pmgit("update", MODEL).code == 0
    repo.git("add", ".")
    met, folder = tmp_path / "met", tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(GIT.format(git=program.path_of("git")))
    (folder / "git").chmod(0o755)
    path = f"{folder}:{repo.env['PATH']}"
    asked, otherwise = set(), []
    for word in WORDS:
        env = {"PATH": path, "WORD": word, "MET": str(met)}
        for argv in (
            ["hook"],
            ["check", "--all"],
            ["check", "--range", "HEAD~1..HEAD"],
            ["verify"],
        ):
            met.unlink(missing_ok=True)
            run = (
                repo.hook("pre-commit", env=env) if argv == ["hook"] else repo.pmgit(*argv, env=env)
            )
            if met.exists():
                asked.add(word)
                if run.code != 3:
                    otherwise.append((word, argv))
                assert "Traceback" not in run.err, (word, argv, run.err)
            else:
                assert run.code == 0, (word, argv, run)
    assert len(asked) > 5, asked
    # The entries of HEAD are only quicker to list: the index has them as well.
    assert otherwise == [("ls-tree", ["hook"])]
    repo.stage("pretrained_model/gpt/model.pt", 3_000)
    env["WORD"] = "ls-tree"
    assert repo.hook("pre-commit", env=env, start=True).code == 1
