"""`broken-weights`: weights that no library can load."""

from __future__ import annotations

from typing import Any

from tests.formats.assemble import torch_zip
from tests.kit import Repo, pointer, random_bytes, weights_bytes
from tests.rules.test_unsafe_weights import store

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"
PAGE = b"<!DOCTYPE html><html><body>Access to this model is restricted</body></html>"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "broken-weights", *args)


def test_what_lies_under_the_name_of_weights(repo: Repo) -> None:
    sound = weights_bytes(50_000)
    archive = torch_zip()
    broken = {
        "page.safetensors": PAGE,
        "page.bin": PAGE,
        "error.pt": b'{"error": "Repository not found"}',
        "cut.safetensors": sound[:-1],
        "cut-header.safetensors": sound[:50],
        "cut.pt": archive[:-10],
        "longer.safetensors": sound + b"\0",
        "empty.bin": b"",
        "zeros.safetensors": bytes(5_000),
        "text.gguf": b"to be uploaded\n",
        "conflict.bin": b"<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n",
        "noise.safetensors": random_bytes(5_000),
        "zip.onnx": archive,
    }
    strange = {"noise.bin": random_bytes(5_000), "noise.pt": random_bytes(5_000)}
    fine = {
        "model.safetensors": sound, "model.pt": archive, "weights.dat": random_bytes(5_000),
        "openvino.bin": random_bytes(5_000), "openvino.xml": b"<?xml version='1.0'?><net/>",
    }  # fmt: skip
    for name, content in (broken | strange | fine).items():
        folder = {"openvino": "ir", "zip": "onnx"}.get(name.partition(".")[0], "bert")
        repo.write(f"pretrained_model/{folder}/{name}", content)
    repo.git("add", "-A")
    found = {f["path"].rpartition("/")[2]: f["severity"] for f in findings(repo)}
    assert found == dict.fromkeys(broken, "error") | dict.fromkeys(strange, "warning")


def test_other_folders(repo: Repo) -> None:
    """There only names count that mean nothing but weights."""
    repo.stage_all(
        {
            "firmware/image.bin": random_bytes(5_000),
            "tests/empty.bin": b"",
            "data/x.pkl": b"no pickle",
            "runs/best.safetensors": PAGE,
        }
    )
    assert [f["path"] for f in findings(repo)] == ["runs/best.safetensors"]


def test_names_that_other_programs_have_given(repo: Repo) -> None:
    """Page templates of Zope and lists of paths of Python; of other texts people are warned."""
    page = b'<!DOCTYPE html>\n<html lang="en"><body><h1 %s>Hello</h1></body></html>\n'
    texts = {
        "app/index.pt": page % b'tal:content="title"',
        "app/part.pt": b'<metal:m use-macro="load: layout.pt">\n<p tal:content="x"/>\n</metal:m>\n',
        "lib/mine.pth": b"./lib\n../src\nmine-1.0.egg\n\n",
    }  # fmt: skip
    warned = {
        "app/gone.pt": page % b"class='total'" + b"<p>total:many</p>\n",
        "app/words.pt": b"not found, in total: 3\n",
        "lib/address.pth": b"https://cdn.example.invalid/model.pth\n",
        "lib/error.pth": b"Unauthorized\n",
        "lib/words.pth": b"Access to model.pth is restricted.\n",
        "lib/runs.pth": b"./lib\nimport os; os.remove('x')\n",
        "lib/blank.pth": b"\n \n",
        # These begin as a pickle may, and a text of these uses need not.
        "app/begins.pt": b"Words <p tal:content='x'>\n",
        "lib/begins.pth": b"mine/lib\n./lib\n",
        "data/europarl-v7.en-pt.pt": "Declaro reaberta a sessão.\n".encode(),
        "site/index.html.pt": b"<!DOCTYPE html>\n<html lang='pt'></html>\n",
        "data/class.weights": b"cat 0.3\ndog 0.7\n",
    }
    wrong = {
        "runs/best.ckpt": b"Access to best.ckpt is restricted.\n",
        "pretrained_model/bert/best.pt": b"Access to best.pt is restricted.\n",
        "runs/merged.pt": b"<<<<<<< ours\n1\n=======\n2\n>>>>>>> theirs\n",
        "runs/empty.pt": b"",
    }
    repo.stage_all(texts | warned | wrong)
    found = {finding["path"]: finding["severity"] for finding in findings(repo)}
    assert found == dict.fromkeys(warned, "warning") | dict.fromkeys(wrong, "error")
    assert repo.pmgit("scan", *warned).code == 1, "who asks about weights wants weights"


def test_the_message_says_what_it_is(repo: Repo) -> None:
    repo.stage(WEIGHTS, PAGE)
    (finding,) = findings(repo)
    assert finding["message"] == (
        "broken: not a .safetensors file: it is a page of the web, such as a server sends in place"
        " of a file (byte 0)"
    )


def test_where_it_may_lie_is_mended_first(repo: Repo) -> None:
    repo.add_info(MODEL)
    repo.stage(WEIGHTS, PAGE)
    found = {f["rule"]: f["fix"] for f in repo.check()}
    assert set(found) == {"broken-weights", "tracked-weights"}
    assert found["broken-weights"] is None
    repo.paste_all()
    assert repo.rules() == []
    assert (repo.path / WEIGHTS).read_bytes() == PAGE


def test_a_broken_file_in_git_lfs(lfs_repo: Repo) -> None:
    """First it becomes a pointer, then it leaves the index; nothing is lost."""
    repo = lfs_repo
    repo.add_info(MODEL)
    repo.git("config", "--unset-all", "filter.lfs.clean")
    repo.git("config", "--unset-all", "filter.lfs.process")
    repo.git("config", "--unset-all", "filter.lfs.required")
    repo.stage(WEIGHTS, PAGE)
    assert repo.rules() == ["broken-weights", "missing-pointer"]
    pasted = repo.paste_all()
    assert len(pasted) == 2, pasted
    assert repo.rules() == []
    assert WEIGHTS not in repo.staged()
    assert (repo.path / WEIGHTS).read_bytes() == PAGE


def test_the_fix_for_a_pointer(lfs_repo: Repo) -> None:
    repo = lfs_repo
    repo.stage(WEIGHTS, weights_bytes(5_000))
    repo.commit()
    repo.stage(WEIGHTS, PAGE)
    assert repo.blob(WEIGHTS) == pointer(PAGE)
    (fix,) = repo.pmgit("check", "--select", "broken-weights").fixes
    repo.paste(fix)
    assert repo.blob(WEIGHTS) == pointer(weights_bytes(5_000))
    assert (repo.path / WEIGHTS).read_bytes() == PAGE


def test_an_object_of_another_size(repo: Repo) -> None:
    content = weights_bytes(50_000)
    path = store(repo, content)
    repo.stage_blob(WEIGHTS, pointer(content))
    assert findings(repo) == []
    path.write_bytes(content[:-1])
    (finding,) = findings(repo)
    assert "the Git LFS object here has 49,999 bytes, not 50,000" in finding["message"]
    assert finding["fix"] is not None


def test_a_range_is_judged_at_its_tip(repo: Repo) -> None:
    repo.push_first(MODEL)
    store(repo, PAGE)
    repo.stage_blob(WEIGHTS, pointer(PAGE))
    repo.commit("One")
    (finding,) = findings(repo, "--range", "origin/main..HEAD")
    assert finding["path"] == WEIGHTS
    sound = weights_bytes(5_000)
    store(repo, sound)
    repo.stage_blob(WEIGHTS, pointer(sound))
    repo.commit("Two")
    assert findings(repo, "--range", "origin/main..HEAD") == []


def test_the_fix_of_a_push(repo: Repo) -> None:
    repo.push_first(MODEL)
    store(repo, PAGE)
    repo.stage(WEIGHTS, pointer(PAGE))
    repo.commit("One")
    args = ("--range", "origin/main..HEAD", "--select", "broken-weights")
    line = "unsafe fix (everybody else's copy of the file is deleted at their next pull): "
    (fix,) = [x for x in repo.pmgit("check", *args).out.splitlines() if x.startswith(line)]
    repo.paste(fix.removeprefix(line))
    assert repo.check(*args) == []
    assert repo.git("log", "--format=%s", "-1") == "Fix broken-weights\n"


def test_an_object_with_other_bytes_of_the_same_size(repo: Repo) -> None:
    """A damaged store: the push would be refused, or every clone gets what nobody committed."""
    sound = weights_bytes(50_000)
    repo.stage_blob(WEIGHTS, pointer(sound))
    there = store(repo, sound)
    assert findings(repo) == []
    there.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    (finding,) = findings(repo)
    assert finding["severity"] == "error"
    assert "has another sha256 than its pointer: git lfs fsck" in finding["message"]
    # The first 16 MB of a commit are hashed: more would take too long.
    large = weights_bytes(17_000_000)
    repo.stage_blob(WEIGHTS, pointer(large))
    store(repo, large).write_bytes(large[:-1] + bytes([large[-1] ^ 1]))
    assert findings(repo) == []
