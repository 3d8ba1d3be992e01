"""Varied repositories, and the commands whose whole output is recorded in them.

Each function builds one situation and returns the commands to run there. Contents, names and dates
are fixed, so the same code prints the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kit import Repo, native_hooks, pointer, random_bytes, weights_bytes, weights_for

if TYPE_CHECKING:
    from collections.abc import Callable

ATTRIBUTES = "filter=lfs diff=lfs merge=lfs -text"
BERT = "pretrained_model/bert"
WEIGHTS = f"{BERT}/model.safetensors"
CHECK = ["pmgit check", "pmgit check --format json", "pmgit-hook pre-commit"]
ALL = ["pmgit check --all", "pmgit check --all --format json"]


def _track(repo: Repo, *patterns: str) -> None:
    repo.stage(".gitattributes", "".join(f"{pattern} {ATTRIBUTES}\n" for pattern in patterns))


def _remote(repo: Repo) -> Repo:
    repo.push_first(BERT)
    return Repo(repo.path.parent / "remote.git", repo.env, init=None)


def _push_hooks(repo: Repo) -> None:
    hook = repo.path / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes((native_hooks(repo.path.parent) / "pre-push").read_bytes())
    hook.chmod(0o755)


def nothing_staged(repo: Repo) -> list[str]:
    repo.stage("a.py", "x\n")
    repo.commit()
    return [*CHECK, *ALL]


def raw_weights_on_an_unborn_branch(repo: Repo) -> list[str]:
    repo.stage_all(
        {
            WEIGHTS: weights_bytes(300_000),
            f"{BERT}/config.json": "{}\n",
            "data/big.csv": b"1,2,3\n" * 2_000_000,
        }
    )
    return [*CHECK, "pmgit check --select size", "pmgit check --ignore info,size"]


def weights_where_the_storage_is_lfs(repo: Repo) -> list[str]:
    repo.stage_all(
        {
            ".pmgit.toml": 'models = ["pretrained_model"]\nstorage = "lfs"\n',
            WEIGHTS: weights_bytes(300_000),
            f"{BERT}/[a] b.pt": weights_for("b.pt", 2_000),
        }
    )
    repo.add_info(BERT)
    return [*CHECK, "pmgit lfs-setup --dry-run", "pmgit fix --dry-run"]


def raw_blobs_on_lfs_paths(repo: Repo) -> list[str]:
    _track(repo, "*.safetensors", "*.md", "*.json")
    repo.stage_blob(WEIGHTS, weights_bytes(200_000))
    repo.stage_blob(f"{BERT}/INFO.md", pointer(b"# Info\n"))
    repo.stage_blob(f"{BERT}/config.json", pointer(b"{}\n"))
    return [*CHECK, *ALL]


def pointers_of_every_kind(repo: Repo) -> list[str]:
    _track(repo, "*.safetensors")
    good = pointer(b"good")
    repo.stage_blob(f"{BERT}/good.safetensors", good)
    repo.stage_blob(f"{BERT}/crlf.safetensors", good.replace(b"\n", b"\r\n"))
    repo.stage_blob(f"{BERT}/order.safetensors", b"".join(sorted(good.splitlines(keepends=True))))
    repo.stage_blob(f"{BERT}/conflict.safetensors", b"<<<<<<< HEAD\n" + good)
    repo.stage_blob(f"{BERT}/uncovered.pt", good)
    repo.stage_blob("elsewhere.safetensors", good)
    repo.add_info(BERT)
    return [*CHECK, *ALL]


def lines_of_gitattributes_that_match_nothing(repo: Repo) -> list[str]:
    repo.add_info(BERT)
    repo.stage(f"{BERT}/w.dat", b"")
    repo.stage(
        ".gitattributes",
        f"pretrained_model {ATTRIBUTES}\n*.dat {ATTRIBUTES}\n*.dat -filter\n"
        f"big files/*.bin {ATTRIBUTES}\n",
    )
    return [*CHECK, *ALL, "pmgit doctor --format json | grep -A6 attributes"]


def names_that_are_not_accepted(repo: Repo) -> list[str]:
    repo.stage_all(
        {
            f"pretrained_model/{model}/config.json": "{}\n"
            for model in ("My Model", "bert_base", "Bert", "模型", "con")
        }
    )
    repo.stage_all(
        {f"{BERT}/a:b.json": "{}\n", f"{BERT}/README.md": "1\n", f"{BERT}/readme.md": "2\n"}
    )
    repo.add_info(BERT)
    return [*CHECK, "pmgit fix --dry-run naming"]


def hostile_names(repo: Repo) -> list[str]:
    repo.stage_all(
        {
            f"{BERT}/{name}": weights_for("x.pt", 2_000, seed=number)
            for number, name in enumerate(
                [
                    "-rf.pt",
                    "$(id).pt",
                    "a'b.pt",
                    "line\nbreak.pt",
                    "\x1b[31m.pt",
                    "w\udcff.pt",
                    "::error::x.pt",
                    ":(top)x.pt",
                ]
            )
        }
    )
    repo.add_info(BERT)
    return [*CHECK, "pmgit check --format github", "pmgit check --format gitlab"]


def loose_and_linked(repo: Repo) -> list[str]:
    repo.stage("pretrained_model/loose.safetensors", weights_bytes(2_000))
    (repo.path / "pretrained_model/shared").symlink_to("/mnt/share/models")
    (repo.path / BERT).mkdir()
    (repo.path / WEIGHTS).symlink_to("../../../outside.bin")
    repo.git("add", "-A")
    return CHECK


def info_of_every_kind(repo: Repo) -> list[str]:
    repo.stage_all(
        {
            f"{BERT}/INFO.md": "# Bert\n\n**Source**: TODO\n**License**: mit\n",
            "pretrained_model/gpt2/config.json": "{}\n",
            "pretrained_model/vit/model.safetensors": pointer(b"x"),
            "pretrained_model/t5/INFO.md": "# T5\n\n**来源**：https://huggingface.co/t5-base\n",
        }
    )
    repo.write("pretrained_model/clip/model.safetensors", 3_000)
    repo.stage(".gitignore", "pretrained_model/clip/*\n")
    return [*CHECK, *ALL, "pmgit explain missing-info"]


def a_model_that_grew(repo: Repo) -> list[str]:
    repo.add_info(BERT)
    repo.stage_all(
        {f"{BERT}/v/{number}.txt": b"%d\n" % number + b"word " * 150_000 for number in range(12)}
    )
    repo.commit()
    repo.stage_all(
        {f"{BERT}/w/{number}.txt": b"%d\n" % number + b"word " * 190_000 for number in range(6)}
    )
    return [*CHECK, *ALL]


def info_is_removed_and_a_model_moves(repo: Repo) -> list[str]:
    repo.add_info(BERT)
    repo.stage_all(
        {WEIGHTS: weights_bytes(20_000), "pretrained_model/old/w.pt": weights_for("w.pt", 9_000)}
    )
    repo.add_info("pretrained_model/old")
    repo.commit()
    repo.git("rm", "-q", f"{BERT}/INFO.md")
    repo.git("mv", "pretrained_model/old", "pretrained_model/new")
    return [*CHECK, *ALL]


def an_old_repository_with_a_baseline(repo: Repo) -> list[str]:
    repo.stage_all({WEIGHTS: weights_bytes(20_000), "big.bin": b"0" * 11_000_000})
    repo.commit()
    commands = ["pmgit baseline", "pmgit check --all", "pmgit check --all --no-baseline"]
    return [
        *commands,
        "pmgit check --all --format json",
        "pmgit baseline --prune",
        "cat .pmgit-baseline",
    ]


def a_range_with_several_commits(repo: Repo) -> list[str]:
    _remote(repo)
    repo.stage(WEIGHTS, weights_bytes(300_000))
    repo.commit("Add bert")
    repo.stage("notes.txt", "x\n")
    repo.commit("Notes")
    repo.git("rm", "-q", WEIGHTS)
    repo.commit("Take it out again")
    ranged = "pmgit check --range origin/main..HEAD"
    return [ranged, f"{ranged} --format json", "pmgit fix --dry-run", f"{ranged} --format github"]


def a_range_with_one_commit(repo: Repo) -> list[str]:
    _remote(repo)
    repo.stage_all({WEIGHTS: weights_bytes(300_000), "pretrained_model/GPT 2/config.json": "{}\n"})
    repo.commit("Add bert")
    ranged = "pmgit check --range origin/main..HEAD"
    return [ranged, f"{ranged} --format json", "pmgit fix --dry-run"]


def a_merge_in_a_range(repo: Repo) -> list[str]:
    _remote(repo)
    repo.git("checkout", "-q", "-b", "side")
    repo.stage(WEIGHTS, weights_bytes(300_000))
    repo.commit("On the side")
    repo.git("checkout", "-q", "main")
    repo.stage("a.txt", "a\n")
    repo.commit("On main")
    repo.git("merge", "-q", "--no-edit", "side")
    ranged = "pmgit check --range origin/main..HEAD"
    return [ranged, f"{ranged} --format json", "pmgit fix --dry-run --range main"]


def a_push_is_refused(repo: Repo) -> list[str]:
    _remote(repo)
    _push_hooks(repo)
    repo.stage(WEIGHTS, weights_bytes(300_000))
    repo.commit("Add bert")
    repo.git("checkout", "-q", "-b", "other", "HEAD~1")
    repo.stage("pretrained_model/x y/config.json", "{}\n")
    repo.commit("Add x y")
    repo.git("tag", "v1", repo.git("rev-parse", f"main:{WEIGHTS}").strip())
    return [
        "git push origin main",
        "git push origin other",
        "git push origin v1",
        "git push --all origin",
    ]


def a_server_refuses(repo: Repo) -> list[str]:
    bare = _remote(repo)
    assert bare.pmgit("server", "install", str(bare.path)).code == 0
    repo.stage(WEIGHTS, weights_bytes(300_000))
    repo.commit("Add bert")
    repo.git("checkout", "-q", "-b", "other", "HEAD~1")
    repo.stage(".gitattributes", f"*.pt {ATTRIBUTES}\n")
    repo.stage_blob(f"{BERT}/a.pt", weights_for("a.pt", 3_000))
    repo.commit("Add a")
    return ["git push origin main", "git push origin main other", "git push origin other"]


def a_pointer_without_its_object(repo: Repo) -> list[str]:
    _remote(repo)
    _push_hooks(repo)
    _track(repo, "*.safetensors")
    repo.stage_blob(WEIGHTS, pointer(b"nobody has it"))
    repo.commit("Add bert")
    return ["git push origin main"]


def limits_of_a_host(repo: Repo) -> list[str]:
    repo.stage_all({"video.mp4": b"0" * 60_000_000, "data.bin": random_bytes(12_000_000)})
    _track(repo, "*.pt")
    repo.stage_blob(f"{BERT}/w.pt", pointer(b"x"))
    repo.add_info(BERT)
    return [f"pmgit check --host {host}" for host in ("github", "gitlab", "huggingface")]


def the_configuration_is_wrong(repo: Repo) -> list[str]:
    repo.stage(".pmgit.toml", 'model = ["x"]\n')
    return ["pmgit check", "pmgit check --select sise", "pmgit chekc", "pmgit check -c a.b=1",
            "pmgit check --range a..b", "pmgit explain oversized"]  # fmt: skip


def an_exclude_and_lowered_limits(repo: Repo) -> list[str]:
    repo.stage_all(
        {
            ".pmgit.toml": 'exclude = ["old/**", "*.tmp"]\n[rules.oversized-blob]\n'
            'max-file-size = "100 kB"\n[weights]\nnever = ["*.dat"]\n',
            "old/a.csv": b"1,2\n" * 50_000,
            "new/a.csv": b"1,2\n" * 50_000,
            f"{BERT}/a.dat": random_bytes(50_000),
        }
    )
    repo.add_info(BERT)
    return CHECK


def the_largest_of_all_history(repo: Repo) -> list[str]:
    repo.stage(WEIGHTS, random_bytes(1_200_000))
    repo.commit("Add bert")
    repo.git("rm", "-q", WEIGHTS)
    repo.commit("Remove bert")
    repo.stage("data.csv", b"1,2,3\n" * 400_000)
    repo.commit("Add data")
    return ["pmgit history", "pmgit history --format json"]


def a_set_up_is_planned(repo: Repo) -> list[str]:
    repo.stage_all({WEIGHTS: weights_bytes(20_000), ".gitignore": "*.log\n"})
    repo.commit()
    return ["pmgit init --dry-run --hooks native", "pmgit gitignore --dry-run --keep-text",
            "pmgit init --dry-run --hooks none --storage lfs",
            "pmgit env --home /srv/models"]  # fmt: skip


def two_models_folders_below_others(repo: Repo) -> list[str]:
    repo.stage_all(
        {
            ".pmgit.toml": 'models = ["apps/a/models", "b"]\nstorage = "ignore"\n',
            "apps/a/models/org/bert/model.safetensors": weights_bytes(3_000),
            "apps/a/models/org/bert/onnx/model.onnx": weights_for("x.onnx", 3_001),
            "b/gpt2/w.bin": weights_bytes(3_002),
        }
    )
    repo.add_info("b/gpt2")
    return [*CHECK, "cd apps/a && pmgit check", "pmgit check b", "pmgit fix --dry-run"]


SITUATIONS: dict[str, Callable[[Repo], list[str]]] = {
    name: build
    for name, build in list(globals().items())
    if callable(build) and getattr(build, "__module__", "") == __name__ and name[0].islower()
    and name[0] != "_"
}  # fmt: skip
