"""`oversized-model`: a model folder whose raw files are together too large."""

from __future__ import annotations

from typing import Any

from tests.kit import Repo, pointer, random_bytes

BERT = "pretrained_model/bert"
RULE = "oversized-model"
LIMIT = ("-c", f"{RULE}.max-model-size=10kB")


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *LIMIT, *args)


def text(size: int) -> bytes:
    return b"a word\n" * (size // 7) + b"." * (size % 7)


def test_reports_the_sum_with_the_limit(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/dump-{number}.txt": text(900_000) for number in range(12)})
    (finding,) = repo.check("--select", RULE)

    assert finding["path"] == BERT
    assert finding["severity"] == "error"
    assert finding["message"] == (
        "10.8 MB of raw files in the model's folder, the limit is 10.0 MB"
    )


def test_the_limit_itself_is_allowed(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.txt": text(6000), f"{BERT}/sub/b.txt": text(4000)})
    assert findings(repo) == []

    repo.stage(f"{BERT}/sub/b.txt", text(4001))
    assert len(findings(repo)) == 1


def test_each_model_counts_for_itself(repo: Repo) -> None:
    repo.stage_all(
        {
            f"{BERT}/a.txt": text(6000),
            "pretrained_model/google/vit/a.txt": text(6000),
            "pretrained_model/google/t5/a.txt": text(6000),
            "other/a.txt": text(60_000),
        }
    )

    assert findings(repo) == []


def test_pointers_and_links_weigh_what_they_are(repo: Repo) -> None:
    repo.stage_all(
        {f"{BERT}/{number}.bin": pointer(random_bytes(50_000 + number)) for number in range(9)}
    )
    (repo.path / BERT / "link").symlink_to("0.bin")
    repo.git("add", ".")

    assert findings(repo) == []


def test_an_old_sin_that_does_not_grow_is_left_alone(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", text(20_000))
    repo.commit()
    repo.stage(f"{BERT}/a.txt", text(19_000))
    assert findings(repo) == []

    repo.stage(f"{BERT}/b.txt", text(2000))
    assert len(findings(repo)) == 1
    repo.commit()
    assert findings(repo) == []
    assert len(findings(repo, "--all")) == 1


def test_a_renamed_model_has_not_grown(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", text(20_000))
    repo.commit()
    repo.git("mv", BERT, "pretrained_model/bert-base")

    assert findings(repo) == []


def test_a_move_counts_for_the_model_that_receives_it(repo: Repo) -> None:
    """And makes room in the one that it leaves, in a commit as in a range."""
    gpt, t5, vit = (f"pretrained_model/{name}" for name in ("gpt", "t5", "vit"))
    repo.stage_all(
        {
            f"{BERT}/a.txt": text(7000),
            f"{BERT}/b.txt": text(6000),
            f"{gpt}/a.txt": text(6001),
            f"{t5}/a.txt": text(12_000),
            f"{t5}/b.txt": text(9000),
        }
    )
    repo.commit()
    repo.git("mv", f"{BERT}/b.txt", f"{gpt}/b.txt")
    (finding,) = findings(repo)
    assert finding["path"] == gpt
    # What leaves a model makes room in it.
    repo.stage(f"{BERT}/c.txt", text(6000))
    assert [found["path"] for found in findings(repo)] == [gpt]
    repo.stage(f"{BERT}/c.txt", text(6002))
    assert [found["path"] for found in findings(repo)] == [BERT, gpt]
    repo.commit()
    changed = [found["path"] for found in findings(repo, "--range", "HEAD~1..HEAD")]
    assert changed == [BERT, gpt]
    # One that is split: only one of the new ones is the old one under another name.
    (repo.path / vit).mkdir()
    repo.git("mv", f"{t5}/a.txt", f"{vit}/a.txt")
    (repo.path / "pretrained_model/vit2").mkdir()
    repo.git("mv", f"{t5}/b.txt", "pretrained_model/vit2/b.txt")
    assert findings(repo) == []
    repo.stage("pretrained_model/vit2/c.txt", text(1500))
    (finding,) = findings(repo)
    assert finding["path"] == "pretrained_model/vit2"


def test_two_models_that_become_one(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.txt": text(6000), "pretrained_model/gpt/b.txt": text(6001)})
    repo.commit()
    (repo.path / "pretrained_model/both").mkdir()
    repo.git("mv", f"{BERT}/a.txt", "pretrained_model/gpt/b.txt", "pretrained_model/both")
    (finding,) = findings(repo)
    assert finding["path"] == "pretrained_model/both"
    # The one that is new to it goes, not what was the larger part before.
    for fix in repo.pmgit("check", "--select", RULE, *LIMIT).fixes:
        repo.paste(fix)
    assert findings(repo) == []
    assert "pretrained_model/both/b.txt" in repo.staged()


def test_a_move_inside_does_not_make_room_for_something_new(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", text(9000))
    repo.commit()
    repo.git("mv", f"{BERT}/a.txt", f"{BERT}/b.txt")
    repo.stage(f"{BERT}/c.txt", text(8000))

    assert len(findings(repo)) == 1


def test_a_new_mode_does_not_make_room_for_something_new(repo: Repo) -> None:
    file = repo.stage(f"{BERT}/a.txt", text(9000))
    repo.commit()
    file.chmod(0o755)
    repo.git("add", ".")
    repo.stage(f"{BERT}/c.txt", text(8000))

    assert len(findings(repo)) == 1


def test_growth_over_several_commits_is_seen_at_the_tip(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    for number in range(3):
        repo.stage(f"{BERT}/{number}.txt", text(4000))
        repo.commit()

    (finding,) = findings(repo, "--range", "HEAD~3..HEAD")
    assert finding["fix"]["commands"][0][:3] == ["pmgit", "fix", "--range"]
    assert len(findings(repo, "--range", "HEAD~1..HEAD")) == 1
    assert findings(repo, "--range", "HEAD~3..HEAD~1") == []


def test_the_limit_is_an_option(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", text(2000))
    repo.write(".pmgit.toml", '[rules.oversized-model]\nmax-model-size = "1 kB"\n')
    assert len(repo.check("--select", RULE)) == 1
    assert repo.check("--select", RULE, *LIMIT) == []
    repo.write(".pmgit.toml", 'exclude = ["pretrained_model/bert"]\n')
    assert findings(repo, "-c", f"{RULE}.max-model-size=1") == []


# -- fixes (every other situation: tests/fix/test_for_staged.py) --


def test_the_fix_takes_out_the_largest_of_the_new_files(repo: Repo) -> None:
    repo.stage(f"{BERT}/old.txt", text(5000))
    repo.commit()
    repo.stage_all(
        {f"{BERT}/a.txt": text(1000), f"{BERT}/b.txt": text(7000), f"{BERT}/c.txt": text(2000)}
    )
    (fix,) = repo.pmgit("check", "--select", RULE, *LIMIT).fixes
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.staged() == [
        ".gitignore", f"{BERT}/a.txt", f"{BERT}/c.txt", f"{BERT}/old.txt"
    ]  # fmt: skip


def test_what_other_rules_demand_is_no_growth(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", text(20_000))
    repo.commit()
    repo.stage_all({f"{BERT}/INFO.md": text(2000), f"{BERT}/pmgit.lock": text(2000)})
    assert findings(repo) == []
    repo.commit()
    # Nor does what they shrink by make room for something else.
    repo.stage_all({f"{BERT}/INFO.md": text(1000), f"{BERT}/sub/INFO.md": text(500)})
    assert len(findings(repo)) == 1


def test_the_fix_leaves_what_is_no_growth(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.txt": text(20_000), f"{BERT}/b.txt": text(6000)})
    repo.commit()
    # By 4000 smaller, by 1000 and 100 larger, and 3500 new: the last must go, no more.
    repo.stage_all(
        {
            f"{BERT}/a.txt": text(16_000),
            f"{BERT}/b.txt": text(7000),
            f"{BERT}/c.txt": text(100),
            f"{BERT}/d.txt": text(3500),
        }
    )
    (fix,) = repo.pmgit("check", "--select", RULE, *LIMIT).fixes
    repo.paste(fix)
    assert findings(repo) == []
    assert f"{BERT}/d.txt" not in repo.staged()
    assert f"{BERT}/c.txt" in repo.staged()
    assert repo.blob(f"{BERT}/b.txt") == text(7000)


def test_a_file_that_grew_gives_back_only_what_it_grew_by(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.txt": text(6000), f"{BERT}/b.txt": text(3900)})
    repo.commit()
    repo.stage_all({f"{BERT}/a.txt": text(8000), f"{BERT}/c.txt": text(1000)})
    for fix in repo.pmgit("check", "--select", RULE, *LIMIT).fixes:
        repo.paste(fix)
    assert findings(repo) == []


def test_a_copy_beside_a_move_is_growth(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", text(6000))
    repo.commit()
    repo.git("mv", f"{BERT}/a.txt", f"{BERT}/b.txt")
    assert findings(repo) == []
    repo.stage(f"{BERT}/c.txt", text(6000))
    assert len(findings(repo)) == 1


def test_files_in_different_situations(repo: Repo) -> None:
    repo.stage(f"{BERT}/grows.txt", text(1000))
    repo.commit()
    repo.stage_all({f"{BERT}/grows.txt": text(12_000), f"{BERT}/new.txt": text(13_000)})
    repo.stage(f"{BERT}/gone.txt", text(14_000)).unlink()
    (finding,) = findings(repo)
    fixes = repo.pmgit("check", "--select", RULE, *LIMIT).fixes
    assert len(fixes) == 3
    for fix in fixes:
        repo.paste(fix)

    assert finding["fix"]["safe"] is True
    assert findings(repo) == []
    assert repo.git("diff", "--cached", "--name-only").split() == [".gitignore"]
    assert (repo.path / BERT / "gone.txt").read_bytes() == text(14_000)


def test_the_json_fix_is_whole(repo: Repo) -> None:
    repo.stage(f"{BERT}/grows.txt", text(1000))
    repo.commit()
    repo.stage_all({f"{BERT}/grows.txt": text(12_000), f"{BERT}/new.txt": text(13_000)})
    (finding,) = findings(repo)
    repo.paste(finding["fix"]["shell"])

    assert findings(repo) == []


def test_one_file_that_no_command_may_touch(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.txt", text(12_000))
    repo.stage(f"{BERT}/b.txt", text(12_000)).write_bytes(b"changed")
    (finding,) = findings(repo)

    assert finding["fix"] is None
    assert "the file on disk differs from what is staged" in finding["message"]


def test_weights_have_one_fix_whichever_rule_speaks(repo: Repo) -> None:
    repo.stage(f"{BERT}/a.bin", 12_000)
    repo.stage(f"{BERT}/b.bin", 12_001).unlink()
    repo.stage(f"{BERT}/config.json", "{}")

    assert len(repo.pmgit("check", "--select", "size", *LIMIT).fixes) == 2
    repo.paste_all("--select", "size", *LIMIT)

    assert findings(repo) == []
    assert repo.staged() == [".gitignore", f"{BERT}/config.json"]


def test_weights_that_belong_to_git_lfs_go_there(repo: Repo) -> None:
    # The filter was not configured when they were staged.
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.git("add", ".gitattributes")
    repo.stage(f"{BERT}/a.bin", 12_000)
    repo.stage(f"{BERT}/b.bin", 12_001).unlink()

    repo.paste_all("--select", "size,lfs", *LIMIT)

    assert repo.check("--select", "size,lfs", *LIMIT) == []
    assert set(repo.staged()) == {".gitattributes", f"{BERT}/a.bin", f"{BERT}/b.bin"}
    assert repo.blob(f"{BERT}/b.bin").startswith(b"version https://git-lfs")
