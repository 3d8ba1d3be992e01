"""`oversized-blob`: what is too large for Git's history."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import Repo, isolated_environment, pointer, random_bytes
from tests.lfs_install import install_lfs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.weights import Weights

MB = 1_000_000
#: The limits of most tests, a hundredth of pmgit's own: what is above is made and hashed at once.
LIMIT = 10_000
SMALL = ("-c", "oversized-blob.max-weights-size=10 kB",
         "-c", "oversized-blob.max-file-size=100 kB")  # fmt: skip


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "oversized-blob", *args)


def paths(repo: Repo, *args: str) -> list[str]:
    return [finding["path"] for finding in findings(repo, *args)]


def test_reports_weights_with_measure_and_limit(repo: Repo, weights: Weights) -> None:
    repo.stage("checkpoints/vad.safetensors", weights.safetensors)
    (finding,) = findings(repo)

    assert finding["path"] == "checkpoints/vad.safetensors"
    assert finding["message"] == "1.2 MB raw in Git, the limit for weights is 1.0 MB"
    assert finding["severity"] == "error"


def test_reports_any_file(repo: Repo) -> None:
    repo.stage("video.mp4", 10 * MB + 1)
    (finding,) = findings(repo)

    assert finding["message"] == (
        "10,000,001 bytes raw in Git, the limit for a file is 10,000,000 bytes"
    )


def test_weights_are_known_by_content_under_any_name(repo: Repo, weights: Weights) -> None:
    names = ("onet.pt", "silero_vad.jit", "silero_vad_16k.safetensors")
    for number, name in enumerate(names):
        repo.write(f"data/{number}/model.dat", weights[name])
        repo.write(f"data/{number}/blob", weights[name])
    repo.git("add", "-A")

    assert paths(repo) == [f"data/{at}/{name}" for at in range(3) for name in ("blob", "model.dat")]


def test_data_under_a_name_of_weights_is_no_weights(repo: Repo) -> None:
    repo.stage_all(
        {
            "firmware/flash.bin": random_bytes(2 * LIMIT),
            "data/array.npy": 2 * LIMIT,
            "data/set.h5": 2 * LIMIT,
        }
    )

    assert findings(repo, *SMALL) == []


def test_the_limit_itself_is_allowed(repo: Repo) -> None:
    repo.stage_all({"a.pt": MB, "empty.pt": b"", "video.mp4": 10 * MB})
    assert findings(repo) == []

    repo.stage("a.pt", MB + 1)
    assert paths(repo) == ["a.pt"]


def test_text_and_tokenizers_have_the_limit_of_files(repo: Repo) -> None:
    repo.stage_all(
        {
            "pretrained_model/bert/tokenizer.model": 2 * LIMIT,
            "pretrained_model/bert/vocab.txt": b"word\n" * (LIMIT // 2),
        }
    )

    assert findings(repo, *SMALL) == []


def test_a_pointer_is_small(lfs_repo: Repo) -> None:
    lfs_repo.stage("pretrained_model/bert/model.safetensors", 2 * LIMIT)
    lfs_repo.stage_blob("big.pt", pointer(random_bytes(2 * LIMIT)))

    assert findings(lfs_repo, *SMALL) == []


def test_what_is_staged_counts_not_what_is_on_disk(repo: Repo) -> None:
    file = repo.stage("staged-big.pt", 2 * LIMIT)
    file.write_bytes(b"small")
    file = repo.stage("staged-small.pt", 100)
    file.write_bytes(random_bytes(2 * LIMIT))

    assert paths(repo, *SMALL) == ["staged-big.pt"]


def test_a_file_that_grew_is_reported_and_a_new_mode_is_not(repo: Repo) -> None:
    repo.stage_all({"grows.pt": 100, "old.pt": 2 * LIMIT})
    repo.commit()
    repo.stage("grows.pt", 2 * LIMIT)
    (repo.path / "old.pt").chmod(0o755)
    repo.git("add", "old.pt")

    assert paths(repo, *SMALL) == ["grows.pt"]


def test_a_pure_move_is_free_unless_into_a_model_folder(repo: Repo) -> None:
    repo.stage_all({name: 2 * LIMIT + ord(name[0]) for name in ("a.pt", "b.pt", "c.pt")})
    repo.commit()
    repo.git("mv", "a.pt", "moved.pt")
    assert findings(repo, *SMALL) == []

    repo.write("pretrained_model/bert/x", "")
    repo.git("mv", "b.pt", "pretrained_model/bert/b.pt")
    assert paths(repo, *SMALL) == ["pretrained_model/bert/b.pt"]


def test_a_copy_of_an_old_blob_is_new(repo: Repo) -> None:
    repo.stage("a.pt", b"\0" * 2 * LIMIT)
    repo.commit()
    repo.stage("b.pt", b"\0" * 2 * LIMIT)

    assert paths(repo, *SMALL) == ["b.pt"]


def test_no_name_slips_through(repo: Repo) -> None:
    names = ["modèle.pt", 'say "hi".pt', "a\nb.pt", "-rf.pt", "\udcff.pt"]
    for name in names:
        repo.write(name, 2 * LIMIT)
    repo.git("add", "-A")

    assert sorted(paths(repo, *SMALL)) == sorted(names)


def test_a_link_is_no_file(repo: Repo) -> None:
    repo.stage("a.pt", LIMIT)
    (repo.path / "link.pt").symlink_to("/etc/hostname")
    repo.git("add", "link.pt")

    assert findings(repo, *SMALL) == []


def test_limits_are_options(repo: Repo) -> None:
    repo.stage_all({"a.pt": 600, "b.mp4": 600})
    assert paths(repo, "-c", "oversized-blob.max-weights-size=500") == ["a.pt"]
    assert paths(repo, "-c", "oversized-blob.max-file-size=500") == ["a.pt", "b.mp4"]

    repo.write(".pmgit.toml", '[rules.oversized-blob]\nmax-file-size = "0.5 kB"\n')
    assert paths(repo) == ["a.pt", "b.mp4"]
    assert paths(repo, "-c", "oversized-blob.max-file-size=1 kB") == []


def test_a_weights_limit_above_the_file_limit_does_not_raise_it(repo: Repo) -> None:
    repo.stage("a.pt", 600)
    options = [
        "-c",
        "oversized-blob.max-file-size=500",
        "-c",
        "oversized-blob.max-weights-size=1GB",
    ]
    assert paths(repo, *options) == ["a.pt"]


def test_excluded_paths_are_not_reported(repo: Repo) -> None:
    repo.stage_all({"fixtures/a.pt": 2 * LIMIT, "b.pt": 2 * LIMIT})
    repo.write(".pmgit.toml", 'exclude = ["/fixtures/"]\n')

    assert paths(repo, *SMALL) == ["b.pt"]


def test_old_sins_speak_only_when_everything_is_judged(repo: Repo) -> None:
    repo.stage("a.pt", 2 * LIMIT)
    repo.commit()
    repo.stage("notes.txt", "work")

    assert findings(repo, *SMALL) == []
    (finding,) = findings(repo, "--all", *SMALL)
    assert finding["message"].endswith("(already committed)")
    assert finding["fix"]["safe"] is False


def test_a_range_sees_what_was_added_and_removed_again(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    repo.stage("a.pt", 2 * LIMIT)
    added = repo.commit("add")
    repo.git("rm", "-q", "a.pt")
    repo.commit("remove")

    (finding,) = findings(repo, "--range", "HEAD~2..HEAD", *SMALL)
    assert (finding["path"], finding["commit"]) == ("a.pt", added)
    base = repo.git("rev-parse", "HEAD~2").strip()
    assert finding["fix"]["commands"] == [
        ["pmgit", "fix", "--range", f"{base}..main", *SMALL, "oversized-blob"]
    ]


# -- fixes (every other situation: tests/fix/test_for_staged.py) --


def test_the_fix_of_a_file_leaves_it_on_disk(repo: Repo) -> None:
    repo.stage("video.mp4", 10 * MB + 1)
    (fix,) = repo.pmgit("check", "--select", "oversized-blob").fixes
    assert fix == "git rm --cached -f -q -- video.mp4"
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.staged() == []


def test_in_a_repository_with_git_lfs_weights_go_there(lfs_repo: Repo) -> None:
    lfs_repo.stage("checkpoints/a.pt", 2 * MB)

    (fix,) = lfs_repo.pmgit("check", "--select", "oversized-blob").fixes
    assert fix == "pmgit lfs-setup --pattern /checkpoints/a.pt"
    lfs_repo.paste(fix)

    assert findings(lfs_repo) == []
    assert lfs_repo.blob("checkpoints/a.pt").startswith(b"version https://git-lfs")


def test_the_fix_follows_the_attribute_also_without_the_lfs_rules(repo: Repo) -> None:
    # Written by hand, on a machine without the filter: the blob is raw, and belongs to Git LFS.
    repo.write(".gitattributes", "*.pt filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(".pmgit.toml", 'storage = "ignore"\n')
    repo.git("add", ".gitattributes")
    repo.stage("a.pt", 2 * MB)

    (fix,) = repo.pmgit("check", "--select", "size").fixes
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.blob("a.pt").startswith(b"version https://git-lfs")


# -- large texts of models ------------------------------------------------------------------------

BERT = "pretrained_model/bert"
#: Texts of 30 kB where the limit is 20 kB.
LARGE = [
    f"{BERT}/{name}"
    for name in ("tokenizer.json", "vocab.json", "merges.txt", "model.safetensors.index.json",
                 "README.md", "config.json", "data (1) [x].csv", "onnx/tokénizer 'a'.json",
                 "vocab.bpe")
]  # fmt: skip


def text(path: str, size: int = 30_000) -> bytes:
    return (f"# {path}\n".encode() + b"a line\n" * size)[:size]


@pytest.fixture(scope="module")
def with_models(tmp_path_factory: pytest.TempPathFactory, lfs_template: Path) -> Path:
    """The folder of what `small_limit` is a copy of."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(lfs_template, folder / "repo")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"), init=None)
    repo.stage_all(
        {
            ".pmgit.toml": "[rules.oversized-blob]\nmax-file-size = 20000\n",
            "pretrained_model/gpt/config.json": "{}\n",
        }
    )
    for model in (BERT, "pretrained_model/gpt"):
        repo.add_info(model)
    repo.add_remote()
    repo.commit()
    repo.git("push", "-q", "-u", "origin", "main")
    return folder


@pytest.fixture
def small_limit(tmp_path: Path, env: dict[str, str], with_models: Path) -> Repo:
    """A repository that keeps models in Git LFS, and files of at most 20 kB in Git."""
    for name in ("repo", "remote.git"):
        shutil.copytree(with_models / name, tmp_path / name)
    repo = Repo(tmp_path / "repo", env, init=None)
    repo.git("remote", "set-url", "origin", str(tmp_path / "remote.git"))
    return repo


def are_pointers(repo: Repo, *paths: str) -> None:
    """The files are pointers, and nothing is left over."""
    for path in paths:
        assert repo.blob(path, "HEAD") == pointer(text(path)), path
        assert (repo.path / path).read_bytes() == text(path), path
        oid = hashlib.sha256(text(path)).hexdigest()
        stored = repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
        assert stored.read_bytes() == text(path), path  # what a push sends
    assert repo.git("status", "--porcelain") == ""
    assert repo.check("--all") == []


def arrives(repo: Repo, *paths: str) -> None:
    """A clone gets their content."""
    repo.git("push", "-q")
    clone = Repo(repo.path.parent / "clone", repo.env, init=None)
    repo.git("clone", "-q", str(repo.path.parent / "remote.git"), str(clone.path))
    install_lfs(clone, "--skip-repo")
    clone.git("lfs", "pull")
    for path in paths:
        assert (clone.path / path).read_bytes() == text(path), path


@pytest.mark.parametrize("storage", ["configured", "by the attributes"])
def test_large_texts_of_models_go_to_git_lfs(storage: str, small_limit: Repo) -> None:
    if storage == "configured":
        lines = 'storage = "lfs"\n[rules.oversized-blob]\nmax-file-size = 20000\n'
        small_limit.stage(".pmgit.toml", lines)
    for path in LARGE:
        small_limit.write(path, text(path))
    small_limit.git("add", "-A")
    assert sorted(paths(small_limit)) == sorted(LARGE)
    shown = small_limit.pmgit("check")
    assert len(shown.fixes) == 1
    assert shown.fixes[0].startswith("pmgit lfs-setup --pattern ")
    small_limit.paste_all()
    small_limit.commit()
    are_pointers(small_limit, *LARGE)
    # Others of the same names are text.
    assert small_limit.blob("pretrained_model/gpt/config.json", "HEAD") == b"{}\n"


def test_where_weights_are_ignored_large_texts_stay_out_of_git(small_limit: Repo) -> None:
    lines = 'storage = "ignore"\n[rules.oversized-blob]\nmax-file-size = 20000\n'
    small_limit.stage_all({".pmgit.toml": lines, LARGE[0]: text(LARGE[0])})
    assert small_limit.pmgit("check").fixes[0].startswith("git rm --cached ")


def test_what_git_or_pmgit_reads_never_goes_to_git_lfs(small_limit: Repo) -> None:
    names = (".gitattributes", ".gitignore", "INFO.md", "pmgit.lock")
    small_limit.stage_all({f"{BERT}/{name}": text("# ") for name in names})
    small_limit.stage("notes.csv", text("notes.csv"))  # it belongs to no model
    found = findings(small_limit)
    assert len(found) == len(names) + 1
    for finding in found:
        assert "lfs-setup" not in str(finding["fix"]), finding


@pytest.mark.parametrize("name", ["model.index.json", "tokenizer.json"])
def test_a_text_that_becomes_smaller_again(name: str, small_limit: Repo) -> None:
    """Where it must be text, `text-in-lfs` says so, and its fix and this one agree."""
    path = f"{BERT}/{name}"
    small_limit.stage(path, text(path))
    small_limit.paste_all()
    small_limit.commit()
    for size in (1000, 30_000):
        small_limit.stage(path, text(path, size))
        small_limit.paste_all()
        in_lfs = size == 30_000 or name == "tokenizer.json"  # which may be there in any size
        content = text(path, size)
        assert small_limit.blob(path) == (pointer(content) if in_lfs else content)
        assert small_limit.check() == []
        small_limit.commit()
        assert small_limit.git("status", "--porcelain") == ""


@pytest.mark.parametrize(("file", "in_text"), [(20_000, "10 MB"), (20_000, 100), (50_000, 20_000)])
def test_the_limits_of_two_rules_agree(file: int, in_text: str | int, small_limit: Repo) -> None:
    """Between the two a text may be in Git or in Git LFS; nowhere is it in neither."""
    path = f"{BERT}/model.index.json"
    values = [f"oversized-blob.max-file-size={file}", f"text-in-lfs.max-text-size={in_text}"]
    options = [word for value in values for word in ("-c", value)]
    lines = f"[rules.oversized-blob]\nmax-file-size = {file}\n"
    lines += f"[rules.text-in-lfs]\nmax-text-size = '{in_text}'\n"
    small_limit.stage_all({".pmgit.toml": lines, path: text(path)})
    small_limit.paste_all(*options)
    assert small_limit.check(*options) == []
    if file == 50_000:
        small_limit.git("lfs", "track", "--filename", path)
        small_limit.git("add", ".gitattributes", path)
        small_limit.git("add", "--renormalize", path)
    assert small_limit.blob(path) == pointer(text(path))
    assert small_limit.check(*options) == []


@pytest.mark.parametrize("where", ["the last commit", "an older commit", "pushed"])
def test_a_large_text_that_is_committed(where: str, small_limit: Repo) -> None:
    some = [LARGE[0], LARGE[3], LARGE[6]]
    small_limit.stage_all({path: text(path) for path in some})
    small_limit.commit("Add the model")
    if where == "pushed":
        small_limit.git("push", "-q", "--no-verify")
    elif where == "an older commit":
        small_limit.stage("a.txt", "a\n")
        small_limit.commit("Go on")
    found = small_limit.pmgit("check", *(() if where == "pushed" else ("--range", "@{u}..HEAD")),
                              *(("--all",) if where == "pushed" else ()))  # fmt: skip
    assert found.code == 1, found
    for fix in found.fixes:
        done = small_limit.sh(fix.replace("pmgit fix", "pmgit fix --yes"))
        assert done.code == 0, (fix, done)
    if where == "pushed":
        small_limit.commit("To Git LFS")
    else:
        assert small_limit.check("--range", "@{u}..HEAD") == []
    are_pointers(small_limit, *some)
    if where == "an older commit":
        arrives(small_limit, *some)


def test_what_git_goes_by_is_never_taken_out(repo: Repo) -> None:
    """Without it, files lose their filter, or come into Git: by no fix of any kind."""
    names = [".gitattributes", ".gitignore", "a/.gitattributes"]
    repo.stage("a.txt", "x")
    base = repo.commit()
    lines = "".join(f"d/{number:05}.mds filter=lfs\n" for number in range(1000))
    repo.stage_all(dict.fromkeys(names, lines))
    limit = ("-c", "oversized-blob.max-file-size=10 kB")
    for finding in findings(repo, *limit):
        assert finding["fix"] is None, finding
        assert "Git needs it, so no command takes it out" in finding["message"]
    repo.commit()
    for mode in (("--range", f"{base}..HEAD"), ("--all",)):
        found = findings(repo, *limit, *mode)
        assert [(f["path"], f["fix"]) for f in found] == [(name, None) for name in names], mode
    repo.stage(".pmgit.toml", "[rules.oversized-blob]\nmax-file-size = 10_000\n")
    repo.commit()
    repo.pmgit("fix", "--range", f"{base}..HEAD", "oversized-blob")
    for name in names:
        assert repo.blob(name, "HEAD") == lines.encode(), name
