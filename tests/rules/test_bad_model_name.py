"""`bad-model-name`: what the folder of a model is called."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.model.test_naming import OFFICIAL

if TYPE_CHECKING:
    from tests.kit import Repo

RULE = "bad-model-name"
ROOT = "pretrained_model"

#: Every model that the guide names, as folders below the models folder.
GUIDE = [
    "bert-base-uncased", "resnet50", "whisper-small", "bert-large-uncased", "roberta-base", "gpt2",
    "t5-base", "facebook/bart-base", "google/vit-base-patch16-224",
    "openai/clip-vit-base-patch32", "facebook/dino-vitb16", "openai/whisper-small",
    "facebook/wav2vec2-base-960h", "Salesforce/blip-image-captioning-base",
]  # fmt: skip


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *args)


def names(repo: Repo, *args: str) -> list[str]:
    return [finding["path"].removeprefix(f"{ROOT}/") for finding in findings(repo, *args)]


def hub(repo_id: str) -> str:
    return f"https://huggingface.co/{repo_id}"


def moved(repo: Repo, *args: str) -> list[str]:
    """Paste all fixes; the models that there are now."""
    for fix in repo.pmgit("check", "--select", RULE, *args).fixes:
        repo.paste(fix)
    assert findings(repo, *args) == []
    return sorted({path.removeprefix(f"{ROOT}/").rpartition("/")[0] for path in repo.staged()})


def test_all_names_of_the_guide_pass(repo: Repo) -> None:
    for name in GUIDE:
        repo.add_info(f"{ROOT}/{name}", hub(name))
    assert findings(repo) == []
    assert findings(repo, "--all") == []
    assert names(repo, "-c", f"{RULE}.strict=true") == ["Salesforce/blip-image-captioning-base"]


def test_official_names_pass_and_are_left_alone_without_a_source(repo: Repo) -> None:
    roots = (ROOT, "pretrained_models")
    repo.stage_blobs({f"{root}/{name}/config.json": b"{}" for root in roots for name in OFFICIAL})
    for name in OFFICIAL:
        repo.add_info(f"{ROOT}/{name}", hub(f"some-org/{name}"))

    assert findings(repo) == []


@pytest.mark.parametrize("source", [
    "https://huggingface.co/Qwen/Qwen2.5-7B-Instruct",
    "https://huggingface.co/Qwen/Qwen2.5-7B-Instruct/tree/main",
    "Qwen/Qwen2.5-7B-Instruct",
    "https://hf-mirror.com/Qwen/Qwen2.5-7B-Instruct",
])  # fmt: skip
def test_the_official_name_in_every_form_of_the_source(repo: Repo, source: str) -> None:
    repo.add_info(f"{ROOT}/Qwen2.5-7B-Instruct", source)
    assert findings(repo) == []


def test_a_placeholder_is_no_source(repo: Repo) -> None:
    repo.stage_all(
        {
            f"{ROOT}/My_Model/INFO.md": "# M\n\n**Source**: TODO\n",
            f"{ROOT}/Other_Model/INFO.md": "# M\n\n**来源**：\n",
        }
    )

    assert findings(repo) == []


def test_another_spelling_than_the_recorded_name_is_reported(repo: Repo) -> None:
    repo.add_info(f"{ROOT}/Bert_Base", hub("google-bert/bert-base-uncased"))
    repo.add_info(f"{ROOT}/qwen2.5-7B-instruct", hub("Qwen/Qwen2.5-7B-Instruct"))
    found = findings(repo)

    assert [f["path"] for f in found] == [f"{ROOT}/Bert_Base", f"{ROOT}/qwen2.5-7B-instruct"]
    assert found[0]["message"] == (
        "the folder name 'Bert_Base' is neither lower-case words joined by '-' or '.'"
        " nor the official name that INFO.md records"
    )
    assert found[0]["severity"] == "error"
    assert moved(repo) == ["Qwen2.5-7B-Instruct", "bert-base-uncased"]


def test_a_plain_name_passes_whatever_the_source(repo: Repo) -> None:
    repo.add_info(f"{ROOT}/my-bert", hub("google-bert/bert-base-uncased"))
    repo.add_info(f"{ROOT}/qwen2.5-7b", hub("Qwen/Qwen2.5-7B-Instruct"))

    assert findings(repo) == []


@pytest.mark.parametrize("source", [
    "our run of January, base https://huggingface.co/monologg/kobert",
    "fine-tuned from monologg/kobert",
    "https://git.example/ours, https://huggingface.co/monologg/kobert",
    "基于 https://huggingface.co/monologg/kobert 微调",
])  # fmt: skip
def test_a_model_of_ones_own_is_not_called_as_its_base(repo: Repo, source: str) -> None:
    repo.add_info(f"{ROOT}/kobert_ft", source)
    repo.add_info(f"{ROOT}/KoBERT_v2/sub", source)
    assert findings(repo) == []
    # What the Hub would not take, and a strict choice, are told as ever, with a name of its own.
    repo.add_info(f"{ROOT}/kobert ft (2)", source)
    assert names(repo) == ["kobert ft (2)"]
    assert moved(repo, "-c", f"{RULE}.strict=true") == ["kobert-ft", "kobert-ft-2", "kobert-v2/sub"]


def test_a_source_elsewhere_has_no_official_name(repo: Repo) -> None:
    repo.add_info(f"{ROOT}/Kobert_ft", "our run of January")
    repo.add_info(f"{ROOT}/Yolo_v8", "https://github.com/ours/Yolo")
    assert moved(repo) == ["kobert-ft", "yolo-v8"]


@pytest.mark.parametrize("cwd", ["", "sub dir"])
def test_the_fix_renames_the_folder(repo: Repo, cwd: str) -> None:
    cases = [
        ("BERT Base (copy)", "bert-base-copy"),
        ("bert base", "bert-base"),
        ("-bert", "bert"),
        ("bert--base", "bert-base"),
        ("modèle", "modele"),
        ("$(touch PWNED)", "touch-pwned"),
        ("it's", "it-s"),
        ("a\nb", "a-b"),
        ("*", ""),
        (":(exclude)x", "exclude-x"),
        ("[a]", "a"),
        ("a\udcff", "a"),
        ("b🤗", "b"),
        ("a\u202eb", "ab"),
        ("\x1b[31mred", "31mred"),
        ("bert ", "bert"),
        ("=x", "x"),
        ("~x", "x"),
        ("模型", ""),
        ("google/bert base", "google/bert-base"),
        ("My Org/bert", "my-org/bert"),
        ("a/b/c", "b/c"),
    ]
    (repo.path / "sub dir").mkdir()
    # Each in a models folder of its own: several would get the same name.
    roots = [f"m{number:02}" for number in range(len(cases))]
    repo.stage(".pmgit.toml", f"models = {json.dumps(roots)}\n")
    for root, (name, _) in zip(roots, cases, strict=True):
        repo.write(f"{root}/{name}/config.json", "{}")
    repo.git("add", "-A")
    for root, (name, _) in zip(roots, cases, strict=True):
        repo.write(f"{root}/{name}/notes, untracked", "mine")
    found = {finding["path"]: finding for finding in findings(repo)}
    assert len(found) == len(cases)
    for fix in repo.pmgit("check", "--select", RULE, cwd=cwd).fixes:
        repo.paste(fix, cwd=cwd)

    without = []
    staged = [".pmgit.toml"]
    for root, (name, wanted) in zip(roots, cases, strict=True):
        message = found[f"{root}/{name}"]["message"]
        assert ("choose a name" in message) == (not wanted), name
        if not wanted:
            without.append(f"{root}/{name}")
        staged.append(f"{root}/{wanted or name}/config.json")
        assert (repo.path / root / (wanted or name) / "notes, untracked").exists(), name
        assert (repo.path / root / name).exists() == (not wanted), name
    assert [finding["path"] for finding in findings(repo)] == without
    assert repo.staged() == sorted(staged)
    assert sorted(os.listdir(repo.path)) == sorted([".git", ".pmgit.toml", "sub dir", *roots])


def test_pasted_inside_the_folder_itself(repo: Repo) -> None:
    bad = f"{ROOT}/BERT x"
    repo.stage(f"{bad}/config.json", "{}")
    (fix,) = repo.pmgit("check", "--select", RULE, cwd=bad).fixes
    repo.paste(fix, cwd=bad)

    assert repo.staged() == [f"{ROOT}/bert-x/config.json"]


def test_only_the_spelling_of_the_case(repo: Repo) -> None:
    repo.add_info(f"{ROOT}/Bert", hub("org/bert"))
    assert moved(repo) == ["bert"]


@pytest.mark.parametrize("rival", ["bert-base/config.json", "Bert-Base/config.json", "bert-base"])
@pytest.mark.parametrize("tracked", [True, False])
def test_a_name_that_is_taken_is_not_offered(repo: Repo, rival: str, tracked: bool) -> None:
    (repo.stage if tracked else repo.write)(f"{ROOT}/{rival}", "{}")
    repo.stage(f"{ROOT}/BERT base/config.json", "{}")
    (finding,) = findings(repo)

    assert finding["path"] == f"{ROOT}/BERT base"
    assert finding["message"].endswith("; 'bert-base' is taken: rename one of the two")
    assert finding["fix"] is None


def test_the_other_spelling_exists_as_well(repo: Repo) -> None:
    repo.add_info(f"{ROOT}/Bert", hub("org/bert"))
    repo.stage(f"{ROOT}/bert/config.json", "{}")
    (finding,) = findings(repo)

    assert finding["fix"] is None
    assert "is taken" in finding["message"]


def test_two_models_that_want_one_name(repo: Repo) -> None:
    repo.stage_all({f"{ROOT}/bert base/config.json": "{}", f"{ROOT}/bert (base)/config.json": "{}"})
    first, second = findings(repo)
    assert first["fix"]
    assert second["fix"] is None
    repo.paste(first["fix"]["shell"])

    (finding,) = findings(repo)
    assert "is taken" in finding["message"]
    assert repo.staged() == [f"{ROOT}/bert base/config.json", f"{ROOT}/bert-base/config.json"]


def test_staged_and_then_deleted_on_disk(repo: Repo) -> None:
    repo.stage(f"{ROOT}/BERT x/config.json", "{}").unlink()
    repo.stage(f"{ROOT}/BERT x/vocab.txt", "a").write_text("changed since")
    (fix,) = repo.pmgit("check", "--select", RULE).fixes
    repo.paste(fix)

    assert findings(repo) == []
    folder = repo.path / ROOT / "bert-x"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "vocab.txt"]
    assert (folder / "vocab.txt").read_text() == "changed since"
    assert repo.blob(f"{ROOT}/bert-x/vocab.txt") == b"a"


def test_the_whole_folder_deleted_on_disk(repo: Repo) -> None:
    repo.stage(f"{ROOT}/BERT x/config.json", "{}").unlink()
    (repo.path / ROOT / "BERT x").rmdir()
    assert moved(repo) == ["bert-x"]


def test_an_old_name_is_a_warning_until_weights_or_info_change(repo: Repo) -> None:
    repo.stage_all({f"{ROOT}/BERT x/config.json": "{}", f"{ROOT}/BERT x/model.bin": 500})
    repo.commit()
    assert findings(repo) == []

    repo.stage(f"{ROOT}/BERT x/config.json", "{ }")
    assert [f["severity"] for f in findings(repo)] == ["warning"]
    assert repo.pmgit("check", "--select", RULE).code == 0
    repo.stage(f"{ROOT}/BERT x/model.bin", 600)
    assert [f["severity"] for f in findings(repo)] == ["error"]
    repo.git("reset", "-q", "--hard")
    assert [f["severity"] for f in findings(repo, "--all")] == ["error"]
    assert moved(repo, "--all") == ["bert-x"]


def test_a_new_model_is_an_error_without_weights_too(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    repo.stage(f"{ROOT}/BERT x/config.json", "{}")
    (repo.path / ROOT / "BERT x/link.json").symlink_to("config.json")
    repo.git("add", ".")

    assert [f["severity"] for f in findings(repo)] == ["error"]


def test_a_range_is_cured_by_a_new_commit(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    repo.stage(f"{ROOT}/BERT x/config.json", "{}")
    repo.commit()
    (finding,) = findings(repo, "--range", "HEAD~1..HEAD")

    assert finding["message"].endswith("; it should be 'bert-x'")
    repo.paste(finding["fix"]["shell"])
    assert findings(repo, "--range", "HEAD~2..HEAD") == []
    assert repo.git("ls-tree", "-r", "--name-only", "HEAD") == f"{ROOT}/bert-x/config.json\n"


def test_a_name_that_was_mended_later_in_the_range(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    repo.stage(f"{ROOT}/BERT x/config.json", "{}")
    repo.commit()
    repo.git("mv", f"{ROOT}/BERT x", f"{ROOT}/bert")
    repo.commit()

    assert findings(repo, "--range", "HEAD~2..HEAD") == []


def test_organisations_and_loose_files_have_no_model_name(repo: Repo) -> None:
    repo.stage_all(
        {
            f"{ROOT}/READ ME.md": "text",
            f"{ROOT}/Loose File.bin": 10,
            f"{ROOT}/bert/Sub Folder/x.json": "{}",
            f"{ROOT}/bert/config.json": "{}",
            "My Models/BERT x/config.json": "{}",
        }
    )

    assert findings(repo) == []


def test_strict_accepts_no_official_name(repo: Repo) -> None:
    repo.add_info(f"{ROOT}/Qwen/Qwen2.5-7B_x", hub("Qwen/Qwen2.5-7B_x"))
    assert findings(repo) == []
    repo.write(".pmgit.toml", "[rules.bad-model-name]\nstrict = true\n")
    assert names(repo) == ["Qwen/Qwen2.5-7B_x"]
    assert findings(repo, "-c", f"{RULE}.strict=false") == []
    assert moved(repo) == ["qwen/qwen2.5-7b-x"]


def test_configured_folders_and_excluded_models(repo: Repo) -> None:
    repo.stage_all({"zoo/A B/config.json": "{}", "zoo/C D/config.json": "{}"})
    repo.write(".pmgit.toml", 'models = ["zoo"]\nexclude = ["/zoo/C D"]\n')
    (finding,) = findings(repo)
    assert finding["path"] == "zoo/A B"


def test_many_models_cost_no_more_git_processes(repo: Repo) -> None:
    counts = []
    for number in range(12):
        repo.add_info(f"{ROOT}/Model_{number}", hub(f"org/Model_{number}"))
        if number in (1, 11):
            trace = repo.path.parent / f"trace-{number}"
            result = repo.hook("pre-commit", "--select", RULE, env={"GIT_TRACE": str(trace)})
            assert result.code == 0, result
            counts.append(trace.read_text().count(" built-in: git "))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("staged", [True, False])
@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("other/config.json", "../My Model/config.json"),
        ("other/all", "../My Model"),
        ("other/x", "../My Model/../other/config.json"),
        ("My Model/x", "../My Model/config.json"),
        ("My Model/deep/x", "{top}/pretrained_model/My Model/config.json"),
    ],
)
def test_no_rename_breaks_a_link(repo: Repo, link: str, target: str, staged: bool) -> None:
    repo.stage(f"{ROOT}/My Model/config.json", "{}")
    file = repo.path / ROOT / link
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target.format(top=repo.path))
    if staged:
        repo.git("add", "-f", f"{ROOT}/{link}")
        file.unlink()  # the index counts, too
    (finding,) = findings(repo)

    assert finding["fix"] is None
    assert finding["message"].endswith(f"; the link '{ROOT}/{link}' leads to it: change both")


def test_links_that_a_rename_leaves_as_they_are(repo: Repo) -> None:
    repo.stage_all({f"{ROOT}/My Model/config.json": "{}", f"{ROOT}/other/config.json": "{}"})
    links = {"My Model/a": "config.json", "My Model/b/c": "../config.json",
             "My Model/d": "../other/config.json", "other/e": "config.json"}  # fmt: skip
    for link, target in links.items():
        file = repo.path / ROOT / link
        file.parent.mkdir(exist_ok=True)
        file.symlink_to(target)
    repo.git("add", "-f", ".")
    (finding,) = findings(repo)
    repo.paste(finding["fix"]["shell"])

    assert all((repo.path / path).exists() for path in repo.staged())


def test_a_rename_to_another_depth_moves_no_link_that_leads_out(repo: Repo) -> None:
    repo.stage(f"{ROOT}/other/config.json", "{}")
    repo.add_info(f"{ROOT}/a/b/c")
    (repo.path / ROOT / "a/b/c/x").symlink_to("../../../other/config.json")
    repo.git("add", "-f", ".")
    found = [f for f in findings(repo) if f["path"] == f"{ROOT}/a/b/c"]

    assert [f["fix"] for f in found] in ([], [None])
    assert all("'pretrained_model/a/b/c/x' leads elsewhere" in f["message"] for f in found)
