"""`missing-shard`: models in shards are complete, by names and sizes alone, also from pointers."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.bounds import FOR_EVER
from tests.hub_server import HubServer
from tests.kit import Repo, pointer, weights_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = "pretrained_model"
MODEL = f"{ROOT}/llama"
INDEX = "model.safetensors.index.json"
BIN_INDEX = "pytorch_model.bin.index.json"
LFS_LINES = "".join(
    f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n"
    for suffix in (".safetensors", ".bin", ".gguf", ".h5", ".pth")
)


def shards(count: int, begin: str = "model-", end: str = ".safetensors") -> list[str]:
    return [f"{begin}{n:05}-of-{count:05}{end}" for n in range(1, count + 1)]


def index(names: Iterable[str], total: float = 0) -> bytes:
    """An index that puts a tensor into each of these files."""
    weights = {f"layers.{n}.weight": name for n, name in enumerate(names)}
    metadata = {"metadata": {"total_size": total}} if total else {}
    return json.dumps({**metadata, "weight_map": weights}).encode()


def pointer_for(size: int, seed: object = "") -> bytes:
    """A pointer for so many bytes that nobody has made."""
    return pointer(repr((size, seed)).encode()).rpartition(b"size ")[0] + b"size %d\n" % size


@pytest.fixture
def model(lfs_repo: Repo) -> Repo:
    """A repository with Git LFS, in which nothing but its attributes is staged."""
    lfs_repo.stage(".gitattributes", LFS_LINES)
    lfs_repo.commit("attributes")
    return lfs_repo


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "missing-shard", *args)


def said(repo: Repo, files: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """What is found when the model has these files: path in the models folder, severity, words."""
    repo.git("read-tree", "HEAD")
    repo.stage_blobs({f"{ROOT}/{path}": data for path, data in files.items()})
    return [
        (f["path"].removeprefix(f"{ROOT}/"), f["severity"], f["message"]) for f in findings(repo)
    ]


def test_complete_sets_of_every_library_are_accepted(model: Repo) -> None:
    """Layouts of the Hub: of LLMs, pipelines, BLOOM, DeepSeek, TensorFlow, Mistral, GGUF."""
    bins = shards(2, "pytorch_model-", ".bin")
    fp16 = shards(2, "diffusion_pytorch_model.fp16-")
    fp32 = shards(2, "diffusion_pytorch_model-")
    deepseek = [f"model-{n:05}-of-000003.safetensors" for n in (1, 2, 3)]
    bloom = [f"pytorch_model_{n:05}-of-00002.bin" for n in (1, 2)]
    zero = [f"pytorch_model-{n:05}-of-00002.bin" for n in (0, 1, 2)]
    layouts: dict[str, dict[str, bytes]] = {
        "llm": {
            **{name: pointer_for(10, name) for name in [*shards(3), *bins]},
            INDEX: index(shards(3), 30),
            BIN_INDEX: index(bins, 20),
            "original/consolidated.00.pth": pointer_for(30, "original"),
        },
        "pipeline": {
            **{f"unet/{name}": pointer_for(10, name) for name in [*fp16, *fp32]},
            "unet/diffusion_pytorch_model.safetensors.index.fp16.json": index(fp16),
            "unet/diffusion_pytorch_model.safetensors.index.json": index(fp32),
            "text_encoder/model.safetensors": pointer_for(10),
            "model_index.json": b"{}",
        },
        "deepseek": {**{n: pointer_for(9, n) for n in deepseek}, INDEX: index(deepseek, 2.7e1)},
        "bloom": {**{n: pointer_for(9, n) for n in bloom}, BIN_INDEX: index(bloom)},
        "from-zero": {**{n: pointer_for(9, n) for n in zero}, BIN_INDEX: index(zero)},
        "tensorflow": {
            **{f"model.ckpt.data-0000{n}-of-00002": pointer_for(9, n) for n in (0, 1)},
            "model.ckpt.index": b"\0" * 10,
        },
        "gguf": {
            **{n: pointer_for(9, n) for n in shards(3, "qwen-q4_k_m-", ".gguf")},
            **{n: pointer_for(9, n) for n in shards(2, "qwen-q8_0-", ".gguf")},
        },
        "web": {f"group1-shard{n}of3.bin": pointer_for(9, n) for n in (1, 2, 3)},
        "mistral": {
            **{n: pointer_for(9, n) for n in shards(2)}, INDEX: index(shards(2)),
            "consolidated.safetensors": pointer_for(18),
        },
        "dvc": {
            **{f"{n}.dvc": b"outs:\n- md5: 0\n" for n in shards(2)}, INDEX: index(shards(2), 99)
        },
        "folds": {"fold-1-of-5.pth": pointer_for(9), "epoch-03-of-10.pth": pointer_for(9, 2)},
        "data": {"train-00000-of-00005.parquet": b"PAR1", "state-of-the-art.bin": pointer_for(9)},
        "other": {"faiss.index.json": b'{"dimension": 3}', "model.safetensors": pointer_for(8)},
    }  # fmt: skip
    files = {f"{name}/{path}": data for name, of in layouts.items() for path, data in of.items()}
    assert said(model, files) == []
    # Links to what lies elsewhere: nobody knows how large that is.
    for name in shards(2):
        model.stage_blob(f"{ROOT}/links/{name}", b"../../elsewhere", "120000")
    model.stage_blobs({f"{ROOT}/links/{INDEX}": index(shards(2), 10**9)})
    assert findings(model) == []
    model.commit("all of them")
    assert findings(model, "--all") == []


def test_what_is_missing_and_what_is_not_named(model: Repo) -> None:
    of_2, of_3 = shards(2), shards(3)
    some = {f"{name}": pointer_for(10, name) for name in (of_3[0], of_3[2])}

    def of(files: dict[str, bytes]) -> list[tuple[str, str, str]]:
        found = said(model, {f"llama/{name}": data for name, data in files.items()})
        return [(path.removeprefix("llama/"), how, why) for path, how, why in found]

    def why(files: dict[str, bytes]) -> str:
        ((path, severity, message),) = of(files)
        assert severity == "error", (path, message)
        return f"{path}: {message.partition(';')[0]}"

    assert why({**some, INDEX: index(of_3)}) == (
        f"{INDEX}: names 1 shard that the model has not: {of_3[1]}"
    )
    assert why({INDEX: index(shards(9))}).endswith(", ".join(shards(9)[:3]) + " and 6 more")
    # The index is of an older set.
    both = of({**{name: pointer_for(10, name) for name in of_3}, INDEX: index(of_2)})
    assert [message.partition(":")[0] for _, _, message in both] == [
        "names 2 shards that the model has not", "does not name 3 shards beside it",
    ]  # fmt: skip
    every = {name: pointer_for(10, name) for name in [*of_2, *of_3]}
    assert why({**every, INDEX: index(of_3)}).startswith(f"{INDEX}: does not name 2 shards")
    # Without an index the numbers speak.
    assert why(some) == f"{of_3[0]}: 1 of 3 shards missing: {of_3[1]}"
    gguf = "q4-00002-of-00003.gguf"
    assert why({gguf: pointer_for(9)}) == (
        f"{gguf}: 2 of 3 shards missing: q4-00001-of-00003.gguf, q4-00003-of-00003.gguf"
    )
    assert "2 sets, and no index says which to load: of 2, of 3" in why(every)
    twice = {"model-00001-of-000002.safetensors": pointer_for(9)}
    assert "there twice: model-00001-of-000002.safetensors, model-00001-of-00002" in why(
        {**{name: pointer_for(10, name) for name in of_2}, **twice}
    )
    beyond = {name: pointer_for(10, name) for name in [*of_2, "model-00007-of-00002.safetensors"]}
    assert "a number over 2: model-00007-of-00002.safetensors" in why(beyond)
    most = "model-00001-of-99999999.safetensors"
    said_of_most = why({most: pointer_for(9)})
    assert "99,999,998 of 99,999,999 shards missing" in said_of_most
    assert "-00004-of-99999999.safetensors and 99,999,995 more" in said_of_most
    web = {f"group1-shard{n}of3.bin": pointer_for(9, n) for n in (1, 3)}
    assert "missing: group1-shard2of3.bin" in why(web)
    # Variants are sets of their own.
    fp16 = shards(2, "unet/diffusion_pytorch_model.fp16-")
    name = "unet/diffusion_pytorch_model.safetensors.index.fp16.json"
    named = index(path.rpartition("/")[2] for path in fp16)
    whole = {"unet/diffusion_pytorch_model.safetensors": pointer_for(99), "config.json": b"{}"}
    assert why({**whole, fp16[0]: pointer_for(10), name: named}) == (
        f"{name}: names 1 shard that the model has not: {fp16[1]}"
    )
    # Left over beside the same weights in another format: loaders pass it by.
    left = {
        **every,
        INDEX: index(of_3),
        BIN_INDEX: index(shards(2, "pytorch_model-", ".bin")),
    }
    del left[of_2[0]], left[of_2[1]]
    ((path, severity, message),) = of(left)
    assert (path, severity) == (BIN_INDEX, "warning")
    assert f"left over: {of_3[0]} has the same weights" in message


def test_an_index_that_is_none(model: Repo) -> None:
    """Cut, hostile, huge and deep ones: an error each, none of them slow."""
    one = shards(1)[0]
    cases = {
        "empty": (b"", "it is no JSON"),
        "cut": (index(shards(3))[:-4], "it is no JSON"),
        "html": (b"<!doctype html><html>", "it is no JSON"),
        "conflict": (b"<<<<<<< HEAD\n{}\n=======\n", "it is no JSON"),
        "bom": (b"\xef\xbb\xbf{}", "it is no JSON"),
        "utf-16": ('{"weight_map": {}}'.encode("utf-16"), "it is not UTF-8"),
        "list": (b"[1]", "it has no weight_map"),
        "table": (b'{"weight_map": {"a": 5}}', "does not name a file for each tensor"),
        "nothing": (b'{"weight_map": {}}', "does not name a file"),
        "mixed": (b'{"weight_map": {"a": "x.safetensors", "b": null}}', "does not name a file"),
        "twice": (b'{"weight_map": {"a": "x", "a": "y"}}', "it has a key twice"),
        # Python 3.13 reads so deep a table, and older ones do not.
        "deep": (b'{"weight_map":' * 9_000 + b"1" + b"}" * 9_000, "no index of shards"),
        "deeper": (b"[" * 500_000, "more values than an index"),
        "long": (b"[" + b"1," * 1_000_000 + b"1]", "more values than an index"),
        "digits": (b'{"weight_map": ' + b"9" * 5000 + b"}", "no index of shards"),
        "many": (index(f"{n}.safetensors" for n in range(10_001)), "over 10,000 files"),
        "up": (index([one, "../other/model.safetensors"]), "not one below the model's folder"),
        "absolute": (index(["/etc/passwd"]), "not one below the model's folder"),
        "drive": (index(["C:\\x.safetensors"]), "not one below the model's folder"),
        "share": (index(["\\\\host\\x.safetensors"]), "not one below the model's folder"),
        "nul": (index(["a\0.safetensors"]), "cannot be shown"),
        "escape": (index(["\x1b[31mred"]), "cannot be shown"),
        "half": (b'{"weight_map": {"a": "\\ud800"}}', "cannot be shown"),
        "git": (index([".git/hooks/pre-commit"]), "gives a meaning of its own"),
        "device": (index(["con.safetensors"]), "gives a meaning of its own"),
        "endless": (index(["x" * 2_000_000]), "too long"),
    }  # fmt: skip
    start = time.process_time()
    found = said(model, {f"{name}/{INDEX}": data for name, (data, _) in cases.items()})
    assert time.process_time() - start < FOR_EVER
    messages = {path.partition("/")[0]: (severity, words) for path, severity, words in found}
    for name, (_, why) in cases.items():
        severity, words = messages.pop(name)
        assert (severity, why in words) == ("error", True), (name, words)
        assert len(words) < 300, name
    assert not messages
    shown = model.pmgit("check", "--select", "missing-shard")
    assert shown.code == 1
    assert "\x1b[31m" not in shown.out
    # A pointer in its place is what text-in-lfs reports; a link leads elsewhere.
    assert said(model, {f"llama/{INDEX}": pointer_for(5000)}) == []
    model.git("read-tree", "HEAD")
    model.stage_blob(f"{MODEL}/{INDEX}", b"/etc/passwd", "120000")
    assert findings(model) == []
    # Over the largest that is read.
    ((_, severity, message),) = said(model, {f"llama/{INDEX}": b" " * 20_000_001})
    assert (severity, message) == ("error", "no index of shards: it has over 20,000,000 bytes")


def test_the_sum_of_bytes(model: Repo) -> None:
    names = shards(2)
    bins = shards(2, "pytorch_model-", ".bin")

    def of(total: float, *sizes: int, kind: list[str] = names) -> list[tuple[str, str]]:
        files = {f"llama/{n}": pointer_for(s, n) for n, s in zip(kind, sizes, strict=True)}
        file = f"llama/{INDEX}" if kind is names else f"llama/{BIN_INDEX}"
        return [(how, why) for _, how, why in said(model, {**files, file: index(kind, total)})]

    assert of(20_000, 10_100, 10_100) == []  # the headers of the files
    assert of(20_000, 10_000, 10_000) == []
    ((severity, message),) = of(20_000, 10_100, 5_000)
    assert severity == "error"
    assert message.startswith("counts 20,000 bytes of tensors, and its shards have 15,100:")
    # of half the precision; of tensors that share their bytes
    for sizes in ((5_000, 5_010), (10_000, 9_990), (10_000, 7_000)):
        assert [how for how, _ in of(2.0e4, *sizes)] == ["warning"], sizes
    assert of(20_000, 10_000, 9_900, kind=bins) == []
    assert [how for how, _ in of(20_000, 9_000, 9_000, kind=bins)] == ["warning"]
    assert of(1e300, 5, 5) == []
    assert of(-5, 5, 5) == []


def test_what_lies_on_disk_is_staged_and_nothing_is_lost(model: Repo) -> None:
    names = shards(3)
    for number, name in enumerate(names):
        model.write(f"{MODEL}/{name}", weights_bytes(120_000, seed=number))
    model.write(f"{MODEL}/{INDEX}", index(names, 360_000))
    model.add_info(MODEL)
    model.write(".gitignore", f"{MODEL}/{names[1]}\n")
    model.git("add", ".gitignore", f"{MODEL}/{names[0]}", f"{MODEL}/{INDEX}")
    (finding,) = findings(model)
    assert (finding["severity"], finding["path"]) == ("error", f"{MODEL}/{INDEX}")
    assert finding["message"] == (f"names 2 shards that the model has not: {names[1]}, {names[2]}")
    model.paste(finding["fix"]["shell"])
    assert findings(model) == []
    assert model.blob(f"{MODEL}/{names[1]}").startswith(b"version https://git-lfs")
    model.commit("whole")
    assert findings(model, "--all") == findings(model, "--range", "HEAD~1..HEAD") == []
    # One that a change takes away, and later a change of something else in the model.
    model.git("rm", "-q", "--cached", f"{MODEL}/{names[2]}")
    assert [f["severity"] for f in findings(model)] == ["error"]
    model.commit("gone")
    (of_range,) = findings(model, "--range", "HEAD~1..HEAD")
    assert of_range["severity"] == "error"
    model.stage(f"{MODEL}/config.json", "{}\n")
    (finding,) = findings(model)
    assert finding["severity"] == "warning"
    model.stage("src/main.py", "pass\n")
    model.git("reset", "-q", "--", f"{MODEL}/config.json")
    assert findings(model) == []
    assert [f["severity"] for f in findings(model, "--all")] == ["error"]
    model.stage(f"{MODEL}/config.json", "{}\n")
    model.paste(finding["fix"]["shell"])
    assert findings(model) == []


def test_ignored_weights(repo: Repo) -> None:
    """With a lock, without one; with weights, in a clone that has none."""
    assert repo.pmgit("gitignore", "--keep-text").code == 0
    names = shards(3)
    for number, name in enumerate(names):
        repo.write(f"{MODEL}/{name}", weights_bytes(120_000, seed=number))
    repo.write(f"{MODEL}/{INDEX}", index(names, 360_000))
    repo.add_info(MODEL)
    repo.git("add", ".")
    assert f"{MODEL}/{INDEX}" in repo.staged()
    assert f"{MODEL}/{names[0]}" not in repo.staged()
    assert findings(repo) == []
    last = repo.path / MODEL / names[2]
    kept = last.read_bytes()
    last.unlink()
    (finding,) = findings(repo)
    assert (finding["severity"], finding["fix"]) == ("error", None)
    assert finding["message"].startswith(f"names 1 shard that the model has not: {names[2]}")
    # A clone without weights.
    for name in names[:2]:
        (repo.path / MODEL / name).rename(repo.path.parent / name)
    assert findings(repo) == []
    assert findings(repo, "--all") == []
    for name in names[:2]:
        (repo.path.parent / name).rename(repo.path / MODEL / name)
    # The lock of a model that was not complete names two of three: sure, wherever it is judged.
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    (finding,) = findings(repo)
    assert finding["severity"] == "error"
    for name in names[:2]:
        (repo.path / MODEL / name).rename(repo.path.parent / name)
    assert [f["severity"] for f in findings(repo)] == ["error"]
    repo.commit("not whole")
    assert [f["severity"] for f in findings(repo, "--all")] == ["error"]
    # Whole, and locked.
    for name in names[:2]:
        (repo.path.parent / name).rename(repo.path / MODEL / name)
    last.write_bytes(kept)
    assert repo.pmgit("update", MODEL).code == 0
    repo.git("add", ".")
    assert findings(repo) == []
    last.unlink()
    (finding,) = findings(repo)
    assert (finding["severity"], finding["message"]) == (
        "warning", f"not in this clone: {names[2]}"
    )  # fmt: skip
    for name in names[:2]:
        (repo.path / MODEL / name).unlink()
    assert findings(repo) == []


def test_an_index_that_is_ignored_with_its_weights(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    names = shards(2)
    repo.write(f"{MODEL}/{names[0]}", 120_000)
    repo.write(f"{MODEL}/{INDEX}", index(names))
    repo.add_info(MODEL)
    repo.git("add", ".")
    assert f"{MODEL}/{INDEX}" not in repo.staged()
    (finding,) = findings(repo)
    assert (finding["severity"], finding["path"]) == ("error", f"{MODEL}/{INDEX}")
    # What is recorded is accepted by a baseline: the file is not in Git, its path is.
    repo.git("commit", "-q", "-n", "-m", "not whole")
    assert repo.pmgit("baseline").code == 0
    repo.write(f"{MODEL}/{names[1]}", 120_000)
    repo.stage(f"{MODEL}/INFO.md", (repo.path / MODEL / "INFO.md").read_text() + "\nmore\n")
    assert findings(repo) == []


def test_the_lock_of_a_source_brings_them_back(repo: Repo) -> None:
    names = shards(3)
    files = {name: weights_bytes(120_000, seed=n) for n, name in enumerate(names)}
    with HubServer() as server:
        repo.env |= server.environment(str(repo.path.parent / "hf"))
        server.add("org/llama", {**files, INDEX: index(names), "config.json": b"{}\n"})
        assert repo.pmgit("gitignore", "--keep-text").code == 0
        shown = repo.pmgit("add", "org/llama", "--yes")
        assert shown.code == 0, shown
        repo.git("add", ".")
        assert findings(repo) == []
        (repo.path / MODEL / names[1]).unlink()
        (finding,) = findings(repo)
        assert finding["severity"] == "warning"
        repo.paste(finding["fix"]["shell"])
        assert findings(repo) == []
        assert (repo.path / MODEL / names[1]).read_bytes() == files[names[1]]
        # In Git LFS the pointers have to be there as well.
        assert repo.pmgit("init", "--yes", "--storage", "lfs", "--hooks", "native").code == 0
        repo.git("add", ".")
        (repo.path / MODEL / names[0]).unlink()
        repo.git("rm", "-q", "-f", "--cached", *(f"{MODEL}/{name}" for name in names[:2]))
        (finding,) = findings(repo)
        assert finding["severity"] == "error"
        repo.paste(finding["fix"]["shell"])
        assert findings(repo) == []
        assert {f"{MODEL}/{name}" for name in names} <= set(repo.staged())


def test_git_processes_do_not_grow(model: Repo) -> None:
    """Neither with the models, whole or not, nor with what they lack."""
    started = []
    for models in (1, 6):
        for number in range(models):
            for kind, there in (("whole", 3), ("part", 2), ("none", 0)):
                files = {n: pointer_for(9, (number, n)) for n in shards(3)[:there]}
                files[INDEX] = index(shards(3), 20)
                folder = f"{ROOT}/{kind}-{number}"
                model.stage_blobs({f"{folder}/{name}": data for name, data in files.items()})
        trace = model.path.parent / f"trace-{models}"
        shown = model.hook("--select", "content", env={"GIT_TRACE": str(trace)})
        assert shown.code == 1
        assert shown.out.count(": missing-shard: names") == 2 * models
        started.append(sorted(re.findall(r" built-in: git (\S+)", trace.read_text())))
    assert started[0] == started[1]


def test_names_that_act(model: Repo) -> None:
    """Hostile names of files and models run nothing, and are printed escaped."""
    folder = "llama$(touch HACKED)\x1b[31m"
    names = ["-rf\n'\"-00001-of-00002.safetensors", "-rf\n'\"-00002-of-00002.safetensors"]
    path = f"{ROOT}/{folder}/{names[0]}"
    model.write(f"{ROOT}/{folder}/{names[1]}", 120_000)
    model.stage_blobs({path: pointer_for(120_000)})
    shown = model.pmgit("check", "--select", "missing-shard")
    assert shown.code == 1
    assert "\x1b" not in shown.out
    (finding,) = findings(model)
    model.paste(finding["fix"]["shell"])
    assert findings(model) == []
    assert not (model.path / "HACKED").exists()


def test_broken_shards_are_not_staged_again(lfs_repo: Repo) -> None:
    """Their own rule has taken them out: two fixes must not undo each other for ever."""
    repo = lfs_repo
    repo.add_info("pretrained_model/m")
    names = [f"model-{n:05}-of-00002.safetensors" for n in (1, 2)]
    weight_map = ", ".join(f'"{n}": "{name}"' for n, name in enumerate(names))
    repo.stage(
        "pretrained_model/m/model.safetensors.index.json", f'{{"weight_map": {{{weight_map}}}}}'
    )
    repo.stage_all(
        {
            f"pretrained_model/m/{name}": b"<!DOCTYPE html><html>no</html>" + name.encode()
            for name in names
        }
    )
    repo.paste_all("--select", "content")
    (finding,) = repo.check("--select", "content")
    assert finding["rule"] == "missing-shard"
    assert "copy them into place" in finding["message"]
