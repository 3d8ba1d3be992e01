"""`pmgit init`: what it shows, asks and refuses. tests/e2e/test_onboarding.py is about the rest."""

from __future__ import annotations

import os
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from pmgit.hooks.shim import SHIM
from tests.e2e.set_ups import init_unproved
from tests.kit import BIN, Repo

pytestmark = pytest.mark.usefixtures("quick_pre_commit", "quick_hooks")

NATIVE = ("--hooks", "native")


def test_it_writes_the_configuration_in_full(repo: Repo) -> None:
    init_unproved(repo, "--yes", *NATIVE)
    assert (repo.path / ".pmgit.toml").read_text() == (
        'models = ["pretrained_model"]\n'
        'storage = "ignore"            # or "lfs"\n'
        'language = "en"               # of INFO.md templates: "en" or "zh"\n'
        'hooks = "native"              # of a clone: "pre-commit", "prek", "native", "none"\n'
        "\n"
        "[rules.missing-info]\n"
        'local = "error"               # weights that lie ignored in the work tree need an'
        " INFO.md too\n"
    )


def test_dry_run_changes_nothing_and_shows_differences(repo: Repo) -> None:
    repo.write(".gitignore", "*.log\n")
    done = repo.pmgit("init", "--dry-run")
    assert done.code == 0, done
    assert "+++ b/.pmgit.toml\n" in done.out
    assert " *.log\n+# >>> pmgit" in done.out
    assert "+      - id: pmgit\n" in done.out
    assert sorted(os.listdir(repo.path)) == [".git", ".gitignore"]
    assert not (repo.path / ".git/pmgit").exists()


def test_the_differences_are_what_init_then_writes(repo: Repo) -> None:
    """`git apply` on a clone of it; files with carriage returns, and without a last line end."""
    repo.stage(".gitignore", "*.log\r\n# 中文")
    repo.stage(".gitattributes", "*.png binary")
    repo.stage(".pre-commit-config.yaml", "repos:\n- repo: meta\n  hooks:\n  - id: identity")
    repo.stage("old/README.md", "ours")
    repo.commit()
    repo.git("clone", "-q", ".", "../clone")
    clone = Repo(repo.path.parent / "clone", repo.env, init=None)
    options = ("--system", "--models", "old", "--models", "new", "--storage", "lfs",
               "--language", "zh")  # fmt: skip
    done = repo.pmgit("init", "--dry-run", *options)
    diffs = ("\n" + done.out).split("\ndiff --git ")[1:]
    ours = [f"diff --git {diff}\n" for diff in diffs if not diff.startswith("a/.git/")]
    assert len(ours) < len(diffs)  # git apply writes nothing into the git directory
    assert clone.run(["git", "apply"], stdin="".join(ours).encode()).code == 0
    init_unproved(repo, "--yes", *options)

    def written(there: Repo) -> dict[str, bytes]:
        listed = there.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return {name: (there.path / name).read_bytes() for name in listed.split("\0") if name}

    assert written(clone) == written(repo)
    assert len(written(repo)) > 6


def test_without_a_terminal_it_does_not_guess(repo: Repo) -> None:
    done = repo.pmgit("init", *NATIVE)
    assert done.code == 2
    assert "hint: pmgit init --dry-run shows what would change; pmgit init --yes" in done.err
    assert os.listdir(repo.path) == [".git"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pty")
def test_it_asks_once(repo: Repo) -> None:
    for answer in ("n", "y"):
        done = repo.sh_at_terminal("pmgit init --hooks native", f"{answer}\n")
        assert done.out.count("Do it? [Y/n]") == 1
        assert (done.code == 0) == (answer == "y"), done
        assert (repo.path / ".pmgit.toml").exists() == (answer == "y")


def test_nothing_to_do_needs_no_answer(repo: Repo) -> None:
    init_unproved(repo, "--yes", *NATIVE)
    done = repo.pmgit("init")  # native, because the chain is there
    assert done.code == 0, done
    assert "nothing to do" in done.out
    assert "proved: raw weights" in done.out


def test_an_existing_configuration_and_readme_are_kept(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["nets"]\n')
    repo.write("nets/readme.txt", "ours\n")
    init_unproved(repo, "--yes", *NATIVE)
    # What the next clone could not know.
    assert (repo.path / ".pmgit.toml").read_text() == 'models = ["nets"]\nhooks = "native"\n'
    assert sorted(os.listdir(repo.path / "nets")) == [".gitkeep", "readme.txt"]
    assert not (repo.path / "pretrained_model").exists()


def test_what_the_configuration_does_not_say_is_refused(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["nets"]\nstorage = "ignore"\n')
    for option in (("--models", "other"), ("--storage", "lfs")):
        done = repo.pmgit("init", "--yes", *option)
        assert done.code == 2, option
        assert "is there already and does not say" in done.err


def test_models_folders_by_name(repo: Repo) -> None:
    init_unproved(repo, "--yes", *NATIVE, "--models", "a/nets", "--models", "weights/")
    config = tomllib.loads((repo.path / ".pmgit.toml").read_text())
    assert config["models"] == ["a/nets", "weights"]
    assert (repo.path / "a/nets/README.md").exists()
    assert "/weights/**\n" in (repo.path / ".gitignore").read_text()
    assert "nothing to do" in init_unproved(repo)


def test_a_models_folder_is_named_from_where_one_stands(repo: Repo) -> None:
    """In a monorepo the project is a subfolder, and a shell completes what lies there."""
    repo.write("ml/train.py", "pass\n")
    repo.write("shared/nets/a.bin", 2000)
    shown = repo.pmgit("init", "--dry-run", cwd="ml").out
    assert "is at the top of the repository; for one here: pmgit init --models pre" in shown
    assert "is at the top" not in repo.pmgit("init", "--dry-run").out
    meant = {
        "pretrained_model": "ml/pretrained_model",
        "./nets/": "ml/nets",
        "../nets": "nets",
        "shared/nets": "shared/nets",  # only at the top, as messages name it
    }
    typed = [word for name in meant for word in ("--models", name)]
    init_unproved(repo, "--yes", "--hooks", "none", *typed, cwd="ml")
    models = tomllib.loads((repo.path / ".pmgit.toml").read_text())["models"]
    assert models == list(meant.values())
    for model in models:
        assert (repo.path / model / "README.md").exists(), model


def test_folders_that_are_offered_in_a_subfolder_are_taken_by_what_is_printed(repo: Repo) -> None:
    repo.write("ml/weights/best.pt", 200_000)
    repo.write("ml/pretrained_model/bert/model.pt", 2000)
    shown = repo.pmgit("init", "--dry-run", cwd="ml").out
    command = shown.split("not taken; with it: ")[1].split("\n")[0]
    assert command == "pmgit init --models pretrained_model --models weights"
    assert repo.sh(f"cd ml && {command} --yes --hooks none").code == 0
    config = tomllib.loads((repo.path / ".pmgit.toml").read_text())
    assert config["models"] == ["ml/pretrained_model", "ml/weights"]


def test_a_models_folder_that_is_none(repo: Repo) -> None:
    for name in ("../out", "/abs", "a*", "."):
        done = repo.pmgit("init", "--yes", *NATIVE, "--models", name)
        assert done.code == 2, name
        assert os.listdir(repo.path) == [".git"], name


def test_a_yaml_that_lines_cannot_extend_is_refused_with_the_snippet(repo: Repo) -> None:
    repo.write(".pre-commit-config.yaml", "repos: &a []\nx: {y: *a\n")
    done = repo.pmgit("init", "--yes", "--hooks", "pre-commit")
    assert done.code == 2
    assert "      - id: pmgit\n" in done.out
    assert "not valid YAML at line" in done.err
    assert sorted(os.listdir(repo.path)) == [".git", ".pre-commit-config.yaml"]


def test_the_chinese_readme_and_that_of_lfs(repo: Repo) -> None:
    init_unproved(repo, "--yes", "--hooks", "none", "--language", "zh")
    page = (repo.path / "pretrained_model/README.md").read_text("utf-8")
    assert page.startswith("# pretrained_model：预训练模型\n")
    assert "不提交到 Git" in page
    assert 'language = "zh"' in (repo.path / ".pmgit.toml").read_text()
    # With Git LFS it says how to get the weights; the page is one of the differences.
    assert repo.pmgit("init", "--undo").code == 0
    shown = repo.pmgit("init", "--dry-run", "--hooks", "none", "--storage", "lfs").out
    assert "git lfs pull" in shown.split("+++ b/pretrained_model/README.md")[1]


def test_a_linked_models_folder_is_not_written_to(repo: Repo) -> None:
    share = repo.path.parent / "share"
    share.mkdir()
    (repo.path / "pretrained_model").symlink_to(share)
    done = repo.pmgit("init", "--yes", "--hooks", "none")
    assert done.code == 3
    assert "pretrained_model is a symbolic link" in done.err
    assert os.listdir(share) == []
    assert sorted(os.listdir(repo.path)) == [".git", "pretrained_model"]


def test_a_models_folder_behind_a_link_is_not_written_to(repo: Repo) -> None:
    share = repo.path.parent / "share"
    share.mkdir()
    (repo.path / "nets").symlink_to(share)
    done = repo.pmgit("init", "--yes", "--hooks", "none", "--models", "nets/ours")
    assert done.code == 3
    assert "nets is a symbolic link" in done.err
    assert os.listdir(share) == []


@pytest.mark.skipif(sys.platform == "win32", reason="sh")
def test_without_any_standard_input_it_does_not_guess(repo: Repo) -> None:
    done = repo.sh(f"exec '{BIN / 'pmgit'}' init --hooks native <&-")
    assert done.code == 2
    assert "there is no terminal" in done.err


def test_the_hooks_of_others_come_back_as_they_were(repo: Repo) -> None:
    """A link stays a link, also when it leads nowhere; a copied shim is pmgit's own already."""
    hooks = repo.path / ".git/hooks"
    repo.write("tools/push", "#!/bin/sh\necho own\n").chmod(0o755)
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-push").symlink_to("../../tools/push")
    (hooks / "pre-merge-commit").symlink_to("nowhere")
    repo.write(".git/hooks/pre-commit", SHIM).chmod(0o755)
    printed = init_unproved(repo, "--yes", *NATIVE)
    assert "pre-push.before-pmgit -> ../../tools/push: your own hook" in printed
    assert "nothing to do" in init_unproved(repo)
    assert not (hooks / "pre-commit.before-pmgit").exists()
    repo.git("add", "-A")
    committed = repo.run(["git", "commit", "-q", "-m", "Set up"])
    assert committed.code == 0, committed
    assert repo.pmgit("init", "--undo").code == 0
    assert sorted(os.listdir(hooks)) == ["pre-commit", "pre-merge-commit", "pre-push"]
    assert os.readlink(hooks / "pre-push") == "../../tools/push"
    assert os.readlink(hooks / "pre-merge-commit") == "nowhere"
    assert (hooks / "pre-commit").read_text() == SHIM


@pytest.mark.parametrize("hooks_path", ["~/my hooks", ".githooks", "../outside"])
def test_every_file_that_is_named_next_can_be_staged(repo: Repo, hooks_path: str) -> None:
    repo.git("config", "core.hooksPath", hooks_path)
    printed = init_unproved(repo, "--yes", *NATIVE)
    following = next(line for line in printed.splitlines() if line.startswith("next: "))
    assert repo.sh(following.removeprefix("next: ")).code == 0
    assert (".githooks/pre-push" in repo.staged()) == (hooks_path == ".githooks")
    where = Path(repo.env["HOME"], "my hooks") if "~" in hooks_path else repo.path / hooks_path
    assert (where / "pre-push").is_file()
    assert repo.pmgit("init", "--undo").code == 0
    assert not where.exists()


def test_a_toml_that_lines_cannot_extend_is_refused_with_the_snippet(repo: Repo) -> None:
    repo.write("prek.toml", "repos = 3\n")
    done = repo.pmgit("init", "--yes", "--hooks", "pre-commit")
    assert done.code == 2
    assert '[[repos.hooks]]\nid = "pmgit"\n' in done.out
    assert "it has no list `repos`" in done.err
    assert sorted(os.listdir(repo.path)) == [".git", "prek.toml"]


def test_a_configuration_that_lets_weights_in_is_told(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'ignore = ["size"]\n')
    done = repo.pmgit("init", "--yes", "--hooks", "none")
    assert done.code == 3
    assert "would not be refused" in done.err


def test_the_proof_leaves_nothing_behind(repo: Repo) -> None:
    assert repo.pmgit("init", "--yes", "--hooks", "none").code == 0
    assert repo.git("count-objects") == "0 objects, 0 kilobytes\n"
    assert repo.staged() == []


def asked(repo: Repo, *args: str) -> Counter[str]:
    """How often a command asks each question about this repository; its own folders not counted."""
    trace = repo.path.parent / "trace"
    trace.unlink(missing_ok=True)
    done = repo.pmgit(*args, env={"GIT_TRACE": str(trace)})
    assert done.code == 0, done
    lines = [line.partition("trace: built-in: git ")[2] for line in trace.read_text().split("\n")]
    return Counter(line for line in lines if line and not line.startswith(("add", "commit")))


def test_questions_about_many_files_are_asked_once(repo: Repo) -> None:
    """Settings, the place of hooks, and what the index and HEAD have: not once per step or file."""
    for number in range(5):
        repo.write(f"pretrained_model/m{number}/model.safetensors", 300)
    repo.stage("src/a.py", "x\n")
    repo.commit()
    found = asked(repo, "init", "--yes", *NATIVE)
    assert sum(name.startswith("config ") for name in found) == 1, found
    # The second time for the proof.
    assert found["rev-parse --path-format=absolute --git-path hooks"] == 2, found
    assert found["ls-files -s -z --"] == 3, found
    assert sum(found[name] for name in found if name.startswith("ls-files")) == 4, found
    assert sum(found[name] for name in found if name.startswith("check-ignore")) < 10, found
    repo.git("add", "-A")
    repo.commit()
    found = asked(repo, "init", "--undo", "--yes")
    # HEAD for the second time to name what is committed.
    for question, times in (("ls-files -s", 1), ("ls-tree", 2)):
        assert sum(found[name] for name in found if name.startswith(question)) == times, found


def test_undo_without_init(repo: Repo) -> None:
    done = repo.pmgit("init", "--undo")
    assert done.code == 0
    assert "nothing to undo" in done.out


def test_undo_dry_run(repo: Repo) -> None:
    init_unproved(repo, "--yes", "--hooks", "none")
    done = repo.pmgit("init", "--undo", "--dry-run")
    assert "would remove .pmgit.toml if unchanged\n" in done.out
    assert (repo.path / ".pmgit.toml").exists()


def test_from_a_folder_below(repo: Repo) -> None:
    (repo.path / "src").mkdir()
    printed = init_unproved(repo, "--yes", "--hooks", "none", cwd="src")
    following = next(line for line in printed.splitlines() if line.startswith("next: "))
    assert repo.sh(following.removeprefix("next: "), cwd="src").code == 0
    assert ".pmgit.toml" in repo.staged()
    assert "pretrained_model/README.md" in repo.staged()


def test_a_bare_repository(repo: Repo) -> None:
    repo.git("init", "-q", "--bare", "bare.git")
    assert repo.pmgit("init", "--yes", cwd="bare.git").code == 3


def test_folders_that_are_offered_are_taken_by_what_is_printed(repo: Repo) -> None:
    """Before there is a configuration by an option, afterwards by a line of it."""
    for name in ("weights", "checkpoints", "models"):
        repo.write(f"{name}/best.pt", 2000)
    repo.write("models/net.py", "pass\n")
    shown = repo.pmgit("init", "--dry-run").out
    assert "models/ (1 file of weights, 2.0 kB) is not taken: it holds source code\n" in shown
    assert shown.count(" is not taken; with it: pmgit init --models ") == 2
    command = shown.split("with all of these: ")[1].split("\n")[0]
    one = shown.split("with it: ")[1].split("\n")[0]
    assert repo.sh(f"{one} --yes --hooks none").code == 0
    again = init_unproved(repo)
    assert again.count(" is not taken; ") == 1
    assert 'to take it, add "checkpoints" to models in .pmgit.toml\n' in again
    assert repo.pmgit("init", "--undo").code == 0
    assert repo.sh(f"{command} --yes --hooks none").code == 0
    config = tomllib.loads((repo.path / ".pmgit.toml").read_text())
    assert config["models"] == ["pretrained_model", "weights", "checkpoints"]
    assert "not taken;" not in init_unproved(repo)


@pytest.mark.parametrize("answer", ["y\ny\n", "n\ny\n"])
def test_at_a_terminal_it_asks_for_what_it_offers(repo: Repo, answer: str) -> None:
    repo.write("ckpt/last.pt", 3000)
    repo.write("lab/pretrained/README.md", "x\n")
    done = repo.sh_at_terminal("pmgit init --hooks none", answer)
    assert done.code == 0, done
    assert "Take ckpt/, lab/pretrained/ as models folders, too? [y/N]: " in done.out
    config = tomllib.loads((repo.path / ".pmgit.toml").read_text())
    more = ["ckpt", "lab/pretrained"] if answer[0] == "y" else []
    assert config["models"] == ["pretrained_model", *more]


def test_it_does_not_ask_twice_for_folders(repo: Repo) -> None:
    repo.write("ckpt/last.pt", 3000)
    assert repo.sh_at_terminal("pmgit init --hooks none --models weights").code == 0
    done = repo.sh_at_terminal("pmgit init --hooks none")
    assert (done.code, "Take" in done.out) == (0, False), done


def test_many_folders_are_not_all_listed(repo: Repo) -> None:
    for number in range(12):
        repo.write(f"run{number:02}/ckpt/last.pt", 3000)
    shown = repo.pmgit("init", "--dry-run").out
    assert shown.count(" is not taken; with it: ") == 10
    assert "  2 more folders of such names, deeper than these\n" in shown


def test_text_is_not_hidden_in_silence(repo: Repo) -> None:
    """It is said; models of text alone are named; and `--keep-text` lets the text in."""
    text = ["tok/tokenizer.json", "tok/merges", "org/words/vocab.txt", "bert/config.json"]
    for name in text:
        repo.write(f"pretrained_model/{name}", "text\n")
    repo.write("pretrained_model/bert/model.safetensors", 3000)
    repo.write("pretrained_model/other/final.mdl", 3000)
    repo.stage("pretrained_model/old/config.json", "{}\n")
    repo.write("pretrained_model/known/vocab.txt", "a\n")
    repo.write("pretrained_model/known/INFO.md", "# known\n")
    for option in ("--dry-run", "--yes"):
        shown = init_unproved(repo, "--hooks", "none", option)
        assert "note: configurations and tokenizers are ignored with the weights; " in shown
        assert (
            "note: pretrained_model/org/words/, pretrained_model/tok/ hold text alone, and all of"
            " it is ignored; to have it in Git: pmgit gitignore --keep-text\n"
        ) in shown
    again = init_unproved(repo, "--hooks", "none")
    assert ("with the weights" in again, "hold text alone" in again) == (False, True)
    done = repo.pmgit("init", "--hooks", "none", "--keep-text", "--yes")
    assert (done.code, "note:" in done.out) == (0, False), done
    assert "nothing to do" in init_unproved(repo, "--hooks", "none")
    repo.git("add", "-A")
    staged = set(repo.staged())
    assert not any(name.endswith((".safetensors", ".mdl")) for name in staged)
    assert {f"pretrained_model/{name}" for name in text if name != "tok/merges"} <= staged
    assert repo.pmgit("init", "--undo").code == 0
    assert not (repo.path / ".gitignore").exists()


def test_where_weights_are_in_git_lfs_no_text_is_hidden(repo: Repo) -> None:
    repo.write("pretrained_model/tok/tokenizer.json", "{}\n")
    assert "note:" not in repo.pmgit("init", "--dry-run", "--storage", "lfs").out
