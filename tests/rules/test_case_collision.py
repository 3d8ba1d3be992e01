"""`case-collision`: paths that are one file on systems that ignore case."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.model.naming import fold
from pmgit.rules.case_collision import _may_collide

if TYPE_CHECKING:
    from tests.kit import Repo

RULE = "case-collision"
ROOT = "pretrained_model"
BERT = f"{ROOT}/bert"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *args)


def collisions(repo: Repo, *args: str) -> list[tuple[str, str]]:
    begin = "differs only in case from "
    found = findings(repo, *args)
    assert all(f["message"].startswith(begin) and f["severity"] == "error" for f in found)
    return [(f["path"], f["message"].removeprefix(begin)) for f in found]


def test_reports_the_newer_one(repo: Repo) -> None:
    repo.stage(f"{BERT}/vocab.txt", "old")
    repo.commit()
    repo.stage(f"{BERT}/Vocab.txt", "new")

    assert collisions(repo) == [(f"{BERT}/Vocab.txt", f"'{BERT}/vocab.txt'")]


def test_folders_collide_too(repo: Repo) -> None:
    repo.stage(f"{BERT}/config.json", "{}")
    repo.commit()
    repo.stage(f"{ROOT}/BERT/vocab.txt", "new")

    assert collisions(repo) == [(f"{ROOT}/BERT/vocab.txt", f"'{BERT}/vocab.txt'")]


@pytest.mark.parametrize(
    ("one", "other"), [("É.txt", "é.txt"), ("é.txt", "e\u0301.txt"), ("STRASSE.txt", "straße.txt")]
)
def test_more_than_ascii(repo: Repo, one: str, other: str) -> None:
    repo.stage(f"{BERT}/{one}", "old")
    repo.commit()
    repo.stage(f"{BERT}/{other}", "new")

    assert [path for path, _ in collisions(repo)] == [f"{BERT}/{other}"]


def test_it_accepts_names_in_other_folders(repo: Repo) -> None:
    repo.stage_all(
        {
            f"{BERT}/vocab.txt": "a",
            f"{BERT}/sub/Vocab.txt": "b",
            f"{ROOT}/bert-large/Vocab.txt": "c",
            "src/a.py": "",
            "src/A.py": "",
        }
    )

    assert findings(repo) == []


def test_an_old_collision_and_a_mere_respelling_are_left_alone(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.txt": "1", f"{BERT}/A.txt": "2", f"{BERT}/old.txt": "3"})
    repo.commit()
    repo.stage(f"{BERT}/A.txt", "changed")
    repo.git("mv", f"{BERT}/old.txt", f"{BERT}/Old.txt")
    assert findings(repo) == []

    assert len(findings(repo, "--all")) == 1


def test_excluded_and_configured(repo: Repo) -> None:
    for root in ("zoo/m", BERT):
        repo.stage_all({f"{root}/a.txt": "1", f"{root}/A.txt": "2"})
    repo.write(".pmgit.toml", 'models = ["zoo"]\n')
    assert len(findings(repo)) == 1
    repo.write(".pmgit.toml", 'models = ["zoo"]\nexclude = ["A.txt"]\n')
    assert findings(repo) == []


def test_in_a_range(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", "1")
    repo.commit()
    repo.stage(f"{BERT}/A.txt", "2")
    repo.commit()
    (finding,) = findings(repo, "--range", "HEAD~1..HEAD")

    assert finding["path"] == f"{BERT}/A.txt"
    repo.paste(finding["fix"]["shell"])
    assert findings(repo, "--range", "HEAD~2..HEAD") == []


# -- fixes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("born", [True, False])
@pytest.mark.parametrize("cwd", ["", "sub dir"])
def test_the_fix_gives_it_a_free_name(repo: Repo, born: bool, cwd: str) -> None:
    # What was there first stays; of two that are new, the one in small letters.
    first, others = ("VOCAB", ("Vocab", "vocab")) if born else ("vocab", ("VOCAB", "Vocab"))
    repo.stage(f"{BERT}/x/{first}.txt", "old")
    if born:
        repo.commit()
    repo.write("sub dir/x", "")
    repo.write(f"{BERT}/x/Vocab-2.txt", "in the way")
    repo.stage_all({f"{BERT}/x/{name}.txt": name for name in others})
    for fix in repo.pmgit("check", "--select", RULE, cwd=cwd).fixes:
        repo.paste(fix, cwd=cwd)

    assert findings(repo) == []
    assert repo.staged() == [
        f"{BERT}/x/{first}-3.txt", f"{BERT}/x/{first}-4.txt", f"{BERT}/x/{first}.txt"
    ]  # fmt: skip
    assert repo.blob(f"{BERT}/x/{first}.txt") == b"old"


def test_the_fix_moves_into_the_folder_that_was_first(repo: Repo) -> None:
    repo.stage(f"{BERT}/config.json", "{}")
    repo.commit()
    repo.stage_all(
        {
            f"{ROOT}/Bert/vocab.txt": "new",
            f"{ROOT}/Bert/deep/er/it's $(touch PWNED).txt": "new too",
            f"{ROOT}/Bert/Config.json": "collides itself",
        }
    )
    repo.paste_all("--select", RULE)

    assert findings(repo) == []
    assert repo.staged() == [
        f"{BERT}/config-2.json", f"{BERT}/config.json",
        f"{BERT}/deep/er/it's $(touch PWNED).txt", f"{BERT}/vocab.txt",
    ]  # fmt: skip


def test_two_models_stay_two_models(repo: Repo) -> None:
    """Each is described; their weights are ignored, and would stay behind if files moved alone."""
    repo.stage(".gitignore", "*.bin\n")
    for name, data in (("bert", b"old"), ("BERT", b"new")):
        repo.write(f"{ROOT}/{name}/weights.bin", data)
        repo.stage_all(
            {f"{ROOT}/{name}/INFO.md": f"# {name}\n", f"{ROOT}/{name}/pmgit.lock": f"# {name}\n"}
        )
    repo.git("rm", "-q", "--cached", "-r", f"{ROOT}/BERT")
    repo.commit()
    repo.git("add", ".")
    assert [path for path, _ in collisions(repo)] == [
        f"{ROOT}/BERT/INFO.md", f"{ROOT}/BERT/pmgit.lock",
    ]  # fmt: skip
    assert repo.paste_all("--select", RULE) == [f"git mv -- {ROOT}/BERT {ROOT}/bert-2"]
    assert findings(repo) == []
    assert (repo.path / ROOT / "bert-2/weights.bin").read_bytes() == b"new"
    assert (repo.path / ROOT / "bert/weights.bin").read_bytes() == b"old"
    assert repo.blob(f"{ROOT}/bert-2/INFO.md") == b"# BERT\n"


def test_info_leaves_a_folder_last(repo: Repo) -> None:
    repo.add_info(BERT, "https://example.invalid/old")
    repo.commit()
    repo.add_info(f"{ROOT}/BERT", "https://example.invalid/new")
    repo.stage(f"{ROOT}/BERT/vocab.txt", "new")
    found = {f["path"]: f["fix"] for f in findings(repo)}
    assert set(found) == {f"{ROOT}/BERT/INFO.md", f"{ROOT}/BERT/vocab.txt"}
    assert found[f"{ROOT}/BERT/INFO.md"] is None
    repo.paste_all("--select", f"{RULE},info")

    assert findings(repo) == []
    assert repo.staged() == [f"{BERT}/INFO-2.md", f"{BERT}/INFO.md", f"{BERT}/vocab.txt"]
    assert b"invalid/old" in repo.blob(f"{BERT}/INFO.md")


def test_staged_and_then_deleted_or_changed_on_disk(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.txt": "a", f"{BERT}/b.txt": "b"})
    repo.commit()
    repo.stage(f"{BERT}/A.txt", "A").unlink()
    repo.stage(f"{BERT}/B.txt", "staged").write_text("on disk")
    repo.paste_all("--select", RULE)

    assert findings(repo) == []
    assert repo.blob(f"{BERT}/a-2.txt") == b"A"
    assert repo.blob(f"{BERT}/b-2.txt") == b"staged"
    assert (repo.path / BERT / "b-2.txt").read_text() == "on disk"


def test_a_name_of_two_spellings_in_unicode(repo: Repo) -> None:
    repo.stage(f"{BERT}/\u00e9.txt", "composed")
    repo.commit()
    repo.stage(f"{BERT}/e\u0301.txt", "decomposed")
    repo.paste_all("--select", RULE)

    assert findings(repo) == []
    assert repo.blob(f"{BERT}/\u00e9-2.txt") == b"decomposed"


def test_the_look_at_all_names_at_once_misses_nothing() -> None:
    rng = random.Random(3)
    for _ in range(3000):
        parts = rng.sample(
            ["a", "A", "b", "\u00e9", "e\u0301", "\u00c9", "\udcff", "ss", "\u00df"], 5
        )
        paths = {"/".join(rng.choices(parts, k=rng.randint(1, 3))) for _ in range(3)}
        spelt: dict[str, set[str]] = {}
        for path in paths:
            words = path.split("/")
            for depth in range(1, len(words) + 1):
                whole = "/".join(words[:depth])
                spelt.setdefault(fold(whole), set()).add(whole)
        folders = {path.rpartition("/")[0] for path in paths}
        assert _may_collide(paths, folders) == any(len(s) > 1 for s in spelt.values()), paths


def test_no_rename_breaks_a_link(repo: Repo) -> None:
    repo.stage(f"{BERT}/config.json", "{}")
    repo.commit()
    repo.stage(f"{ROOT}/BERT/vocab.txt", "new")
    (repo.path / ROOT / "BERT/link").symlink_to("config.json")
    (repo.path / BERT / "vocab").symlink_to("../BERT/vocab.txt")
    repo.git("add", "-f", f"{ROOT}/BERT/link")
    found = {f["path"]: f for f in findings(repo)}

    assert [f["fix"] for f in found.values()] == [None, None]
    assert f"'{ROOT}/BERT/link' leads elsewhere" in found[f"{ROOT}/BERT/link"]["message"]
    assert f"'{BERT}/vocab' leads to it" in found[f"{ROOT}/BERT/vocab.txt"]["message"]
