"""From ignored weights to Git LFS and back: `pmgit lfs-setup`, and `--leave`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pmgit.init import readme_template
from tests import forked
from tests.e2e.set_ups import set_up
from tests.kit import Repo, Result, isolated_environment, pointer, weights_bytes
from tests.lfs_install import install_lfs

pytestmark = pytest.mark.usefixtures("quick_hooks")

BERT = "pretrained_model/bert"
WEIGHTS = f"{BERT}/model.safetensors"
FILTER = "filter=lfs diff=lfs merge=lfs -text"
CONTENT = weights_bytes(3_000, seed=7)
README = "pretrained_model/README.md"


def run(repo: Repo, *args: str, code: int = 0, cwd: str = "") -> Result:
    done = repo.pmgit("lfs-setup", "--no-proof", *args, cwd=cwd)
    assert done.code == code, done
    assert "Traceback" not in done.err
    return done


def leave(repo: Repo, *args: str, code: int = 0) -> Result:
    return run(repo, "--leave", *(args or ("--yes",)), code=code)


def paste(repo: Repo, done: Result, cwd: str = "") -> None:
    """Stage what the lines at the end name, and commit it through the hooks."""
    for line in done.out.splitlines():
        if line.startswith("next: "):
            assert repo.sh(line[6:], cwd=cwd).code == 0, line
    repo.commit("Switch", verify=True)


def make_ignoring(repo: Repo, *args: str) -> None:
    """A repository that ignores weights, with a described model, pushed."""
    repo.push_first(BERT)
    repo.stage(".gitignore", "*.log\n")
    repo.write(WEIGHTS, CONTENT)
    repo.write(f"{BERT}/config.json", "{}\n")
    set_up(repo, "--hooks", "native", *args)
    repo.git("add", "-A")
    repo.commit("Set up pmgit", verify=True)
    repo.git("push", "-q", "origin", "main")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such a repository and its remote, to be copied."""
    folder = tmp_path_factory.mktemp("ignoring")
    env = forked.quick_hooks(isolated_environment(folder / "home"))
    repo = Repo(folder / "repo", env)
    make_ignoring(repo)
    # Its filters: pmgit would set them in each test, by 10 processes.
    install_lfs(repo, "--skip-repo")
    return folder


@pytest.fixture
def ignoring(repo: Repo, template: Path) -> None:
    """Have `repo` ignore weights."""
    folder = repo.path.parent
    shutil.rmtree(repo.path)
    for name in ("repo", "remote.git"):
        shutil.copytree(template / name, folder / name)
    config = repo.path / ".git/config"
    config.write_text(config.read_text().replace(str(template), str(folder)))


def texts(repo: Repo) -> dict[str, bytes | None]:
    names = (".pmgit.toml", ".gitignore", ".gitattributes", README, "pyproject.toml")
    files = {name: repo.path / name for name in names}
    return {name: file.read_bytes() if file.exists() else None for name, file in files.items()}


def clone_of(repo: Repo, name: str) -> Repo:
    clone = Repo(repo.path.parent / name, repo.env, init=None)
    repo.git("clone", "-q", str(repo.path.parent / "remote.git"), str(clone.path))
    install_lfs(clone)
    return clone


def test_there_and_back_with_a_colleague(repo: Repo) -> None:
    make_ignoring(repo, "--keep-text")
    before, on_disk = texts(repo), repo.contents()
    done = run(repo)
    assert "wrote .pmgit.toml: storage 'lfs'" in done.out
    assert (
        'storage = "lfs"               # or "ignore"\n' in (repo.path / ".pmgit.toml").read_text()
    )
    assert readme_template.write("pretrained_model", "en", "lfs") == texts(repo)[README]
    assert "/pretrained_model/**\n" not in (repo.path / ".gitignore").read_text()
    paste(repo, done)
    assert repo.blob(WEIGHTS) == pointer(CONTENT)
    assert repo.rules("--all") == []
    assert "nothing to do" in run(repo).out
    repo.git("push", "-q", "origin", "main")
    colleague = clone_of(repo, "colleague")
    colleague.git("lfs", "pull")
    assert (colleague.path / WEIGHTS).read_bytes() == CONTENT

    said = leave(repo)
    assert f"leaves Git, stays on disk: {WEIGHTS}\n" in said.out
    assert "everybody else's copies of these files are deleted at their next pull" in said.out
    paste(repo, said)
    assert texts(repo) == before
    assert WEIGHTS not in repo.staged()
    assert (repo.path / WEIGHTS).read_bytes() == CONTENT
    assert not on_disk - repo.contents()
    assert repo.git("status", "--short") == ""
    assert repo.rules("--all") == []
    assert "nothing to do: weights are not in Git LFS here" in leave(repo).out
    repo.git("push", "-q", "origin", "main")
    # What docs/switching-storage.md tells the colleague.
    assert colleague.sh("cp -R pretrained_model ../kept && git pull -q").code == 0
    assert not (colleague.path / WEIGHTS).exists()
    assert colleague.sh("cp -R -n ../kept/. pretrained_model/").code == 0
    assert (colleague.path / WEIGHTS).read_bytes() == CONTENT
    assert colleague.git("status", "--short") == ""
    late = clone_of(repo, "late")
    old = f"git show HEAD~1:{WEIGHTS} | git lfs smudge > {WEIGHTS}"
    assert late.sh(old).code == 0
    assert (late.path / WEIGHTS).read_bytes() == CONTENT


def test_all_of_it_is_undone(repo: Repo, ignoring: None) -> None:
    # The way there and back is noted as `pmgit init` notes what it writes.
    before = texts(repo)
    paste(repo, run(repo))
    leave(repo)
    assert texts(repo)[".pmgit.toml"] == before[".pmgit.toml"]
    assert repo.pmgit("init", "--undo").code == 0
    assert texts(repo) == {**dict.fromkeys(before), ".gitignore": b"*.log\n"}
    assert repo.blob(WEIGHTS) == pointer(CONTENT)  # as it is committed
    assert (repo.path / WEIGHTS).read_bytes() == CONTENT


def test_a_dry_run_shows_all_of_it(repo: Repo, ignoring: None) -> None:
    for args in ((), ("--leave",)):
        before = texts(repo), repo.git("ls-files", "-s")
        shown = run(repo, *args, "--dry-run").out
        for name in (".pmgit.toml", ".gitignore", ".gitattributes", README):
            assert f"diff --git a/{name} b/{name}\n" in shown
        assert (texts(repo), repo.git("ls-files", "-s")) == before
        if not args:
            paste(repo, run(repo))


def test_the_configuration_in_pyproject_is_edited_by_line(repo: Repo) -> None:
    text = (
        "# ours\r\n[tool.other]\r\nstorage = 'ignore'\r\n\r\n[tool.pmgit] # why\r\n"
        "models = ['nets']\r\n  storage = 'ignore'   # until May\r\n[tool.pmgit.rules.missing-info]"
    )
    repo.write("pyproject.toml", text)
    repo.write("nets/bert/x.bin", 300)
    assert repo.pmgit("gitignore").code == 0
    before = texts(repo)
    done = run(repo, cwd="nets")
    expected = text.replace("  storage = 'ignore'", '  storage = "lfs"')
    assert (repo.path / "pyproject.toml").read_bytes() == expected.encode()
    assert "next: git -C .. add -- .gitignore pyproject.toml\n" in done.out
    leave(repo)
    back = {**before, "pyproject.toml": expected.replace('"lfs"', '"ignore"').encode()}
    assert texts(repo) == back


def test_a_line_that_cannot_be_changed_is_refused(repo: Repo, ignoring: None) -> None:
    toml = repo.path / ".pmgit.toml"
    text = toml.read_text()
    for line in ('"storage" = "ignore"', "storage = '''ignore'''"):
        toml.write_text(text.replace('storage = "ignore"', line))
        before = texts(repo), repo.git("ls-files", "-s")
        done = run(repo, code=2)
        assert 'write storage = "lfs" into .pmgit.toml' in done.err, line
        assert (texts(repo), repo.git("ls-files", "-s")) == before, line


def test_a_pattern_switches_nothing(repo: Repo, ignoring: None) -> None:
    """A fix may name it for one file; pointers are right where weights are ignored, too."""
    before = texts(repo)
    repo.stage("data/big.bin", 3_000)
    run(repo, "--pattern", "data/big.bin")
    assert repo.blob("data/big.bin").startswith(b"version https://git-lfs")
    assert {**texts(repo), ".gitattributes": None} == {**before, ".gitattributes": None}
    done = run(repo, "--pattern", "/pretrained_model/**/*.safetensors", code=3)
    assert "hint: pmgit lfs-setup, without --pattern, switches all" in done.err
    # Back from a switch, the line for the other file stays, and goes on working.
    paste(repo, run(repo))
    leave(repo)
    assert f"/data/big.bin {FILTER}\n" in (repo.path / ".gitattributes").read_text()
    assert "pretrained_model" not in (repo.path / ".gitattributes").read_text()
    assert repo.git("check-attr", "filter", "data/big.bin").endswith(": lfs\n")
    assert repo.blob("data/big.bin").startswith(b"version https://git-lfs")


def test_the_fix_for_a_text_switches_nothing(repo: Repo, ignoring: None) -> None:
    before = texts(repo)
    repo.stage(".gitattributes", f"*.json {FILTER}\n")
    repo.stage(f"{BERT}/config.json", "{}\n")
    (fix,) = repo.pmgit("check").fixes
    assert fix == "pmgit lfs-setup"
    repo.paste(fix)
    assert repo.blob(f"{BERT}/config.json") == b"{}\n"
    assert {**texts(repo), ".gitattributes": None} == before


def test_a_readme_of_the_user_is_named_and_kept(repo: Repo, ignoring: None) -> None:
    page = repo.path / README
    ours = page.read_bytes()
    page.write_bytes(ours.replace(b"## Names", b"## Our names"))
    run(repo)  # the paragraph is as pmgit wrote it
    assert b"Git LFS" in page.read_bytes()
    assert b"## Our names" in page.read_bytes()
    page.write_bytes(b"mine\n")
    done = leave(repo)
    assert f"note: {README} is yours: check what it has on weights and Git" in done.out
    assert page.read_bytes() == b"mine\n"


def test_content_must_be_on_disk(repo: Repo, ignoring: None) -> None:
    paste(repo, run(repo))
    repo.git("push", "-q", "origin", "main")
    clone = clone_of(repo, "clone")
    assert (clone.path / WEIGHTS).read_bytes() == pointer(CONTENT)
    before = clone.git("ls-files", "-s")
    for absent in (False, True):
        if absent:
            (clone.path / WEIGHTS).unlink()
        done = leave(clone, code=3)
        assert f"the content of 1 file is not on disk: {WEIGHTS}" in done.err
        assert clone.git("ls-files", "-s") == before
    hint = done.err.split("nobody would have it: ")[1].strip()
    assert hint.endswith(f"git lfs pull --include=/{WEIGHTS}"), hint
    assert clone.sh(hint).code == 0
    leave(clone)
    assert (clone.path / WEIGHTS).read_bytes() == CONTENT


def test_nothing_is_opened_when_git_lfs_cannot_be_set_up(repo: Repo, ignoring: None) -> None:
    repo.git("config", "filter.lfs.clean", "mine")
    before = texts(repo), repo.git("ls-files", "-s")
    assert "another filter called lfs" in run(repo, code=3).err
    assert (texts(repo), repo.git("ls-files", "-s")) == before
    repo.git("add", "-A")
    assert WEIGHTS not in repo.staged()


def test_a_line_in_the_way_is_named_before_anything(repo: Repo, ignoring: None) -> None:
    repo.stage(f"{BERT}/.gitignore", "*.safetensors\n")
    before = texts(repo), repo.git("ls-files", "-s")
    assert f"hint: remove or change line 1 of {BERT}/.gitignore" in run(repo, code=3).err
    assert (texts(repo), repo.git("ls-files", "-s")) == before


def test_leaving_asks(repo: Repo, ignoring: None) -> None:
    paste(repo, run(repo))
    before = texts(repo)
    done = leave(repo, "--no-proof", code=2)
    assert "hint: what it would do: pmgit lfs-setup --leave --dry-run" in done.err
    asked = repo.sh_at_terminal("pmgit lfs-setup --leave", "n\n")
    assert (asked.code, texts(repo)) == (130, before)
    assert "Leave Git LFS? [y/N]" in asked.out
    assert repo.sh_at_terminal("pmgit lfs-setup --leave", "y\n").code == 0
    assert WEIGHTS not in repo.staged()
    assert leave(repo, "--pattern", "x", code=2).out == ""


def test_lines_of_the_user_stay(repo: Repo, ignoring: None) -> None:
    """One that names the weights does no harm, and is told; edits that are not staged stay so."""
    mine = f"*.safetensors {FILTER}\n"
    repo.stage(".gitattributes", mine)
    repo.commit("Ours")
    paste(repo, run(repo))
    file = repo.path / ".gitattributes"
    file.write_text(f"{file.read_text()}*.png binary\n")
    done = leave(repo)
    assert f"note: .gitattributes is left with '{mine.strip()}', which is yours" in done.out
    assert file.read_text() == f"{mine}*.png binary\n"
    assert repo.blob(".gitattributes") == mine.encode()


def test_an_interrupted_switch_is_finished_by_the_same_command(
    repo: Repo, ignoring: None, tmp_path: Path
) -> None:
    """It ends before each file takes its place: a read-only file, later made writable."""
    for args, there in (((), "lfs"), (("--leave", "--yes"), "ignore")):
        for name in (README, ".pmgit.toml"):
            (repo.path / name).chmod(0o444)
            assert run(repo, *args, code=3).err.count("is read-only") == 1
            (repo.path / name).chmod(0o644)
        run(repo, *args)
        assert f'storage = "{there}"' in (repo.path / ".pmgit.toml").read_text()
        assert readme_template.write("pretrained_model", "en", there) == texts(repo)[README]
        repo.git("add", "-A")
        assert (WEIGHTS in repo.staged()) == (there == "lfs")
        assert (repo.path / WEIGHTS).read_bytes() == CONTENT
    assert repo.rules("--all") == []


def test_init_names_the_command_that_switches(repo: Repo, ignoring: None) -> None:
    done = repo.pmgit("init", "--yes", "--storage", "lfs")
    assert (done.code, "hint: to switch to Git LFS: pmgit lfs-setup\n" in done.err) == (2, True)
    run(repo)
    done = repo.pmgit("init", "--yes", "--storage", "ignore")
    assert "hint: to leave Git LFS: pmgit lfs-setup --leave\n" in done.err
