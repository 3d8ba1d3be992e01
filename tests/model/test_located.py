"""`pmgit.model_path`: a path to what can be loaded, or the command that makes it so."""

from __future__ import annotations

import sys
import textwrap

import pytest

from pmgit.model.located import locate
from tests.kit import Repo, pointer

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"


def ask(repo: Repo, name: str = "bert", *, cwd: str = "", script: str = "") -> tuple[str, str]:
    """What a program is told that asks for a model: the path, or what is wrong."""
    code = f"from pmgit import model_path\nprint(type(model_path({name!r})), model_path({name!r}))"
    argv = [sys.executable, "-c", code]
    if script:
        repo.write(script, code)
        argv = [sys.executable, str(repo.path / script)]
    shown = repo.run(argv, cwd=cwd)
    return shown.out.strip(), shown.err.strip().split("\n")[-1]


@pytest.fixture
def locked(repo: Repo) -> Repo:
    repo.write(WEIGHTS, 300_000)
    repo.write(f"{MODEL}/config.json", "{}\n")
    assert repo.pmgit("add", MODEL).code == 0
    return repo


def test_a_model_is_a_path_from_wherever_the_program_stands(locked: Repo) -> None:
    locked.write("src/deep/keep", "")
    for cwd in ("", "src/deep", MODEL):
        out, _ = ask(locked, cwd=cwd)
        assert out.startswith("<class 'pathlib.")
        assert out.endswith(f" {locked.path / MODEL}")
    assert ask(locked, MODEL)[0].endswith(f" {locked.path / MODEL}")
    # A script is asked for its own repository, wherever it is started.
    outside = str(locked.path.parent)
    assert ask(locked, cwd=outside, script="src/train.py")[0].endswith(str(locked.path / MODEL))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("gone", f"{WEIGHTS} is not here; to bring it: pmgit pull {MODEL}"),
        ("pointer", f"{WEIGHTS} is a Git LFS pointer, its content is not here"),
        ("short", f"{WEIGHTS} has 5 bytes, where pmgit.lock has 300,000"),
        ("no lock, pointer", f"{WEIGHTS} is a Git LFS pointer, its content is not here"),
        ("no model", "no model 'bert' in"),
        ("bad lock", "no version = 1"),
        ("bad configuration", "unknown key"),
    ],
)
def test_what_cannot_be_loaded_names_the_command(locked: Repo, what: str, said: str) -> None:
    file = locked.path / WEIGHTS
    data = file.read_bytes()
    if what == "gone":
        file.unlink()
    elif what == "short":
        file.write_bytes(b"short")
    elif what == "no model":
        (locked.path / MODEL).rename(locked.path / "elsewhere")
    elif what == "bad lock":
        locked.write(f"{MODEL}/pmgit.lock", "x = 1\n")
    elif what == "bad configuration":
        locked.write(".pmgit.toml", "modles = []\n")
    else:
        file.write_bytes(pointer(data))
        if what == "no lock, pointer":
            (locked.path / MODEL / "pmgit.lock").unlink()
    out, error = ask(locked)
    assert out == ""
    assert error.startswith("pmgit.model.located.ModelNotHereError: ")
    assert said in error


def test_the_models_folders_are_those_of_the_configuration(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["weights/hub"]\n')
    repo.write("weights/hub/org/bert/model.pt", 3000)
    assert ask(repo, "org/bert")[0].endswith("weights/hub/org/bert")


@pytest.mark.parametrize("name", ["../outside", "..", "bert/../../outside", "/etc"])
def test_no_name_leads_out_of_the_models(locked: Repo, name: str) -> None:
    (locked.path / "outside").mkdir()
    out, error = ask(locked, name)
    assert (out, "no model" in error) == ("", True)


def test_other_ways_to_write_the_path(locked: Repo) -> None:
    link = locked.path.parent / "run.py"
    locked.write("src/run.py", "")
    link.symlink_to(locked.path / "src/run.py")
    for name in (f"./{MODEL}", f"{MODEL}/", "bert/", str(locked.path / MODEL)):
        assert locate(name, str(link)) == locked.path / MODEL, name


def test_what_is_no_model_is_named_with_what_is_near(locked: Repo) -> None:
    locked.write("pretrained_model/org/tiny/x.bin", 300)
    here = str(locked.path / "train.py")
    for name, near in (("bret", "bert"), ("org/tny", "org/tiny"), ("org", ""), ("", ""), (".", "")):
        with pytest.raises(FileNotFoundError) as raised:
            locate(name, here)
        assert (f"did you mean {near!r}? see" in str(raised.value)) == bool(near), raised.value


def test_outside_of_every_repository(repo: Repo) -> None:
    out, error = ask(repo, cwd=str(repo.path.parent))
    assert (out, "lies in no work tree of Git" in error) == ("", True)


def test_nothing_slow_is_imported(locked: Repo) -> None:
    code = textwrap.dedent("""
        import sys, pathlib
        before = set(sys.modules)
        from pmgit import model_path
        model_path("bert")
        new = {name.split(".")[0] for name in set(sys.modules) - before}
        print(sorted(new & {"click", "git", "huggingface_hub", "json", "re", "subprocess",
                            "tomllib", "hashlib", "typing", "dataclasses"}))
    """)
    assert locked.run([sys.executable, "-c", code]).out == "[]\n"


def test_line_ends_of_windows_are_no_difference(locked: Repo) -> None:
    (locked.path / MODEL / "config.json").write_bytes(b"{}\r\n")
    assert ask(locked)[0].endswith(MODEL)
