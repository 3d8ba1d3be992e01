"""`pmgit verify --load`: what loads, what does not, and what is never loaded; without torch.

Libraries that are not here are stood in for by modules of their names, in an environment of its
own that `--python` names.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import venv
from pathlib import Path
from typing import Any

import numpy
import pytest
from safetensors.numpy import save

from pmgit.models import load
from pmgit.models.child import Ended
from pmgit.models.load_plan import Attempt
from tests.formats import assemble, tflite_samples
from tests.hub_server import HubServer
from tests.kit import ACTING, Repo, pointer

ROOT = "pretrained_model"
WEIGHTS = save({"a.weight": numpy.zeros((2, 3), "f4"), "b": numpy.ones(4, "i8")})
BROKEN = hashlib.sha256(WEIGHTS[:-1]).hexdigest()
#: A torch that tells what it was asked, and can be made to do what real ones do on bad days.
TORCH = """\
import os, sys
__version__ = "9.9"
class Tensor: pass
def load(path, **options):
    print("garbage \\x1b[31m " * 1000)
    name = os.path.basename(path)
    assert options == {"map_location": "meta", "weights_only": True, "mmap": True}, options
    if name == "crash.bin": os.abort()
    if name == "slow.bin":
        import time; time.sleep(60)
    if name == "large.bin": return bytearray(1 << 40)
    if name == "wrong.bin": raise RuntimeError("\\x1b[31mnot \\n a checkpoint" + "!" * 10_000)
    if name == "online.bin":
        import socket
        socket.create_connection(("127.0.0.1", 9))
    return {"a": Tensor(), "nested": [Tensor(), {"b": Tensor()}]}
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment with a torch that stands in, and a transformers that breaks."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "torch.py").write_text(TORCH)
    (site / "transformers.py").write_text("raise RuntimeError('built for another torch')\n")
    return folder


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment without any library."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    return folder


def parts(repo: Repo, *args: str, code: int | None = None, **more: Any) -> dict[str, str]:
    """The state of every part, by its path (of folders: with the library), and nothing acting."""
    shown = repo.pmgit("verify", "--load", "--format", "json", *args, **more)
    document = json.loads(shown.out)
    states = [part["state"] for model in document["models"] for part in model["parts"]]
    wrong = {"does not load", "unsafe", "broken", "pointer", "missing"} & {*states}
    tried = not {"not tried"} & {*states} and all(
        model["state"] == "loads" for model in document["models"]
    )
    assert shown.code == (1 if wrong else 0 if tried else 3), shown
    assert code is None or shown.code == code, shown
    assert document["loads"] == (shown.code == 0)
    assert not ACTING.search(shown.out)
    return {
        f"{model['model'].removeprefix(f'{ROOT}/')}/{part['path'] or part['by'] or ''}":
        f"{part['state']}: {part['note']}"
        for model in document["models"]
        for part in model["parts"]
    }  # fmt: skip


def test_files_load_by_their_libraries(repo: Repo) -> None:
    model = f"{ROOT}/mine"
    repo.write(f"{model}/model.safetensors", WEIGHTS)
    numpy.save(repo.path / model / "a.npy", numpy.zeros((2, 2)))
    numpy.savez(repo.path / model / "b.npz", x=numpy.zeros(3), y=numpy.ones(2))
    found = parts(repo, code=0)
    assert found == {
        "mine/model.safetensors": "loads: 2 tensors",
        "mine/a.npy": "loads: float64 [2, 2]",
        "mine/b.npz": "loads: 2 arrays",
    }
    shown = repo.pmgit("verify", "--load", "mine")
    assert shown.code == 0
    assert shown.out.startswith(f"{model}: loads: a.npy (float64 [2, 2]) by numpy "), shown
    assert f"1 of 1 model loads: with {sys.executable} (Python 3." in shown.out


def test_what_scan_stops_is_never_loaded_and_says_its_cure(repo: Repo, python: Path) -> None:
    """An unsafe file closes its folder: the whole model in it is not loaded either."""
    config = '{"model_type": "bert", "architectures": ["BertModel"]}'
    for name, data in {
        "unsafe/pytorch_model.bin": assemble.torch_zip(assemble.pickled(assemble.CALL)),
        "beside/evil.pkl": assemble.CLASSIC,
        "beside/model.safetensors": WEIGHTS,
        "broken/model.safetensors": WEIGHTS[:-1],
        "pointer/model.safetensors": pointer(WEIGHTS),
        "odd/model.bin": b"\x01\x02\x03" * 1000,
    }.items():
        repo.write(f"{ROOT}/{name}", data)
        repo.write(f"{ROOT}/{name.partition('/')[0]}/config.json", config)
    found = parts(repo, "--python", str(python), code=1)
    # safetensors are looked at beside evil.pkl; transformers, which breaks here, is not asked.
    assert {name: text.partition(": ")[0] for name, text in found.items()} == {
        "unsafe/pytorch_model.bin": "unsafe",
        "beside/evil.pkl": "unsafe", "beside/model.safetensors": "not tried",
        "broken/model.safetensors": "broken",
        "pointer/model.safetensors": "pointer",
        "odd/model.bin": "not tried",
    }  # fmt: skip
    shown = repo.pmgit("verify", "--load", "--python", str(python))
    assert shown.code == 1
    assert f"{ROOT}/unsafe/pytorch_model.bin: unsafe: " in shown.out
    assert f"{ROOT}/broken/model.safetensors: broken: " in shown.out
    assert f"{ROOT}/odd/model.bin: not tried: it cannot be judged: " in shown.out
    assert f"fix: pmgit pull {ROOT}/pointer" in shown.out
    assert f"hint: what is in it: pmgit scan {ROOT}/unsafe/pytorch_model.bin" in shown.out


def test_broken_and_missing_files_come_back_by_the_printed_fixes(repo: Repo) -> None:
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        hub.add("org/mine", {"model.safetensors": WEIGHTS, "other.npy": assemble.array()})
        shown = repo.pmgit("add", "org/mine", "--yes")
        assert shown.code == 0, shown
        file = repo.path / ROOT / "mine" / "model.safetensors"
        file.write_bytes(WEIGHTS[:-1])
        (file.parent / "other.npy").unlink()
        shown = repo.pmgit("verify", "--load")
        assert shown.code == 1
        assert f"{ROOT}/mine: missing: not here: other.npy" in shown.out
        assert f"{ROOT}/mine/model.safetensors: broken: " in shown.out
        assert shown.fixes == [f"pmgit pull --replace {ROOT}/mine"]
        # The half file is what is to be replaced: no content that anybody misses.
        assert repo.sh(shown.fixes[0]).code == 0
        assert repo.pmgit("verify", "--load").code == 0
        # Broken as it was locked: to fetch it again would change nothing.
        file.write_bytes(WEIGHTS[:-1])
        lock = file.parent / "pmgit.lock"
        text = lock.read_text().replace(hashlib.sha256(WEIGHTS).hexdigest(), BROKEN)
        lock.write_text(text.replace(f"size = {len(WEIGHTS)}", f"size = {len(WEIGHTS) - 1}"))
    shown = repo.pmgit("verify", "--load")
    assert (shown.code, shown.fixes) == (1, [])


def test_a_library_that_is_not_there_is_said(repo: Repo, python: Path, bare: Path) -> None:
    repo.write(f"{ROOT}/pt/pytorch_model.bin", assemble.torch_zip())
    repo.write(f"{ROOT}/pt/config.json", '{"model_type": "bert"}')
    repo.write(f"{ROOT}/gguf/model.gguf", assemble.gguf())
    repo.write(f"{ROOT}/keras/model.tflite", tflite_samples.model())
    found = parts(repo, "--python", str(bare), code=3)
    assert found == {
        "pt/pytorch_model.bin": "not tried: torch is not installed",
        "pt/transformers": "not tried: transformers is not installed",
        "gguf/model.gguf": "loads: its structure is right; gguf is not installed",
        "keras/model.tflite": "no loader: TFLite",
    }
    shown = repo.pmgit("verify", "--load", "--python", str(bare))
    assert shown.code == 3
    assert f"hint: {bare}/bin/python -m pip install torch transformers; or name" in shown.out
    assert f"{ROOT}/keras: not tried: nothing here loads TFLite" in shown.out
    # Another Python has other libraries: that of the active environment, without a word.
    shown = repo.pmgit("verify", "--load", "pt", env={"VIRTUAL_ENV": str(python)})
    assert shown.code == 3
    assert f"with {python}/bin/python (Python 3." in shown.out
    found = parts(repo, "pt", "--python", f"{python}/bin/python", code=3)
    assert found == {
        "pt/pytorch_model.bin": "loads: 3 tensors",
        "pt/transformers": "not tried: transformers could not be imported: built for another torch",
    }


def test_one_file_that_ends_the_child_does_not_hide_the_others(repo: Repo, python: Path) -> None:
    names = ("a.bin", "crash.bin", "large.bin", "online.bin", "slow.bin", "wrong.bin", "z.bin")
    for name in names:
        repo.write(f"{ROOT}/pt/{name}", assemble.torch_zip())
    found = parts(repo, "--python", str(python), "--timeout", "3", "--memory", "1GB", code=1)
    assert {name: text[:50] for name, text in found.items()} == {
        "pt/a.bin": "loads: 3 tensors",
        "pt/crash.bin": "does not load: it was ended by SIGABRT",
        "pt/large.bin": "not tried: more than 1.0 GB of memory (--memory): ",
        "pt/online.bin": "does not load: [Errno 1] refused: it tried to use ",
        "pt/slow.bin": "not tried: it took longer than 3 s (--timeout)",
        "pt/wrong.bin": "does not load: \x1b[31mnot a checkpoint" + "!" * 14,
        "pt/z.bin": "loads: 3 tensors",
    }
    (repo.path / ROOT / "pt" / "slow.bin").unlink()
    shown = repo.pmgit("verify", "--load", "--python", str(python))
    assert not ACTING.search(shown.out + shown.err)
    assert "garbage" not in shown.out + shown.err
    assert f"{ROOT}/pt/wrong.bin: does not load: torch 9.9: \\x1b[31mnot a checkpoint!" in shown.out
    assert f"{ROOT}/pt/online.bin: does not load: torch 9.9: " in shown.out
    assert "(refused: use the network)" in shown.out


def test_an_environment_in_the_repository_is_no_code_of_the_repository(repo: Repo) -> None:
    """Its own libraries run; what lies beside it does not, whoever puts it on the path."""
    venv.create(repo.path / ".venv", with_pip=False)
    (site,) = (repo.path / ".venv").glob("lib/python*/site-packages")
    (site / "repository.pth").write_text(f"{repo.path}\n")
    repo.write("torch/__init__.py", "import os; os.mkdir('RAN'); raise ValueError('taken')\n")
    repo.write(f"{ROOT}/pt/a.bin", assemble.torch_zip())
    env = {"VIRTUAL_ENV": str(repo.path / ".venv")}
    found = parts(repo, env=env, code=3)["pt/a.bin"]
    assert "torch could not be imported: [Errno 1] refused: it tried to run code from" in found
    (site / "torch.py").write_text(TORCH)
    assert parts(repo, env=env, code=0) == {"pt/a.bin": "loads: 3 tensors"}


def test_odd_names_and_places(repo: Repo, python: Path) -> None:
    names: list[str | bytes] = ["a\x1b[31m\nb.bin", "-rf.bin", "é.bin", b"w\xff.bin"]
    names.append("$(touch PWNED).bin")
    for name in names:
        repo.write(f"{ROOT}/odd/{os.fsdecode(name)}", assemble.torch_zip())
    blobs = repo.path.parent / "cache"
    blobs.mkdir()
    (blobs / "blob").write_bytes(WEIGHTS)
    (repo.path / ROOT / "odd" / "model.safetensors").symlink_to(blobs / "blob")
    repo.write(f"{ROOT}/link/other.npy", assemble.array())
    (repo.path / ROOT / "link" / "model.safetensors").symlink_to(blobs / "nothing")
    os.mkfifo(repo.path / ROOT / "link" / "model.pt")
    (repo.path / ROOT / "link" / "model.bin").symlink_to("/dev/zero")
    found = parts(repo, "--python", str(python))
    assert {
        text for name, text in found.items() if name.endswith(".bin") and name[:4] == "odd/"
    } == {"loads: 3 tensors"}
    assert found["odd/model.safetensors"] == "not tried: safetensors is not installed"
    assert found["link/model.safetensors"] == "missing: a link that leads to nothing"
    assert found["link/model.bin"].startswith("not tried: it cannot be judged: ")
    shown = repo.pmgit("verify", "--load", "odd", "--python", str(python))
    assert f"{ROOT}/odd/model.safetensors: not tried: safetensors is not installed" in shown.out
    assert not (repo.path / "PWNED").exists()


def test_a_configuration_that_cannot_be_read_is_broken(repo: Repo) -> None:
    for name, text in {"cut": '{"model_type": "bert"', "deep": "[" * 90_000, "list": "[]"}.items():
        repo.write(f"{ROOT}/{name}/model.safetensors", WEIGHTS)
        repo.write(f"{ROOT}/{name}/config.json", text)
        repo.write(f"{ROOT}/{name}/sub/a.npy", assemble.array())
    found = parts(repo, code=1)
    assert {one for name, one in found.items() if name.endswith("config.json")} == {
        "broken: it is no JSON that can be read"
    }
    assert len([one for one in found.values() if one.startswith("loads: ")]) == 6


def test_a_model_without_its_weights_does_not_load(repo: Repo) -> None:
    repo.write(f"{ROOT}/bert/model.safetensors", WEIGHTS)
    assert repo.pmgit("add", f"{ROOT}/bert").code == 0
    (repo.path / ROOT / "bert" / "model.safetensors").unlink()
    repo.add_info(f"{ROOT}/described")
    shown = repo.pmgit("verify", "--load")
    assert shown.code == 1
    assert f"{ROOT}/bert: missing: not here: model.safetensors\n" in shown.out
    assert f"{ROOT}/described: missing: none of its weights are here\n" in shown.out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--python", "python3"), "belong to --load"),
        (("--memory", "1GB"), "belong to --load"),
        (("--load", "--memory", "lots"), "--memory: no size: 'lots'"),
        (("--load", "--memory", "1MB"), "--memory: less than 50.0 MB"),
        (("--load", "--timeout", "0"), "--timeout"),
        (("--load", "--python", "nowhere/python"), "'nowhere/python' is no program"),
        (("--load", "--remote"), "--load compares nothing"),
        (("--load", "--force"), "--load compares nothing"),
        (("--load", "nothing"), "'nothing' is no model folder"),
    ],
)
def test_wrong_usage_is_said(repo: Repo, args: tuple[str, ...], says: str) -> None:
    shown = repo.pmgit("verify", *args)
    assert (shown.code, says in shown.err, shown.out) == (2, True, ""), shown


def test_a_python_that_does_not_begin_is_no_word_about_the_model(repo: Repo) -> None:
    repo.write(f"{ROOT}/bert/model.safetensors", WEIGHTS)
    program = repo.write("bin/python", "#!/bin/sh\necho 'no such \033[31m library' >&2; exit 127\n")
    program.chmod(0o755)
    shown = repo.pmgit("verify", "--load", "--python", str(program))
    assert shown.code == 3, shown
    assert "it ended with exit code 127: no such \\x1b[31m library" in shown.out
    assert repo.pmgit("verify", "--load", "--python", sys.executable).code == 0


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        (127, "error while loading shared libraries: libc10.so: cannot allocate memory"),
        (1, "ImportError: libtorch.so: failed to map segment from shared object"),
        (1, "MemoryError"),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'"),
        (-9, ""),
    ],
)
def test_a_child_that_ends_for_want_of_memory(code: int, printed: str) -> None:
    """It may end before it has begun, and with any exit code: the model was not tried."""
    ended = Ended(10, code=code, printed=printed)
    found = load._ended(Attempt("a.bin", "torch"), ended, load.How("python", 10), 100_000_000)
    assert found.state == "not tried"
    assert "(--memory)" in found.note
